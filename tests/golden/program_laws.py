"""What must hold of each session of the program, and of all of them together. See program_cases.py."""
import pathlib
import re

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CASES = SOURCE / "tests/golden/program"

# Codes that nothing from outside can bring about: why, and the test that shows them. Each test's file must hold both
# its name and the code.
_LOWER = "tests/unit/openstack/lower_test.cpp"
_PLANNER = "tests/unit/plan/planner_test.cpp"
_EXECUTOR = "tests/unit/apply/executor_test.cpp"
_STORE = "tests/support/store_conformance.cpp"
_CLIENT = "tests/unit/openstack/client_test.cpp"
_REFUSALS = "tests/unit/sandbox/refusals_test.cpp"
_FAULTS = "tests/unit/sandbox/faults_test.cpp"
_SSH = "tests/ssh/ssh_test.cpp"
_NODE = "tests/node/node_test.cpp"
_HOSTILE = "tests/unit/node/hostile_test.cpp"
_REPORT = "tests/unit/node/report_test.cpp"
_FINDINGS = "tests/unit/node/findings_test.cpp"
_VPN = "tests/unit/node/vpn_test.cpp"
_GUESTS = "tests/unit/node/guests_test.cpp"
_NODES = "it takes a host with sshd, which sessions of the program do not have"
NOT_FROM_OUTSIDE = {
    "CL7203": ("cloison writes what it names", "tests/unit/ops/past_test.cpp", "WhatTheLogDoesNotHoldIsSaid"),
    "CL2059": ("the compiler puts each host on its segment", _LOWER, "what_the_compiler_must_not_ask_is_named"),
    "CL2060": ("the compiler gives each thing a path of its own", _LOWER, "what_the_compiler_must_not_ask_is_named"),
    "CL3001": ("addresses follow from declared paths", _PLANNER, "NamesDuplicatesDanglingReferencesAndCircles"),
    "CL3002": ("lowering refers only to what it makes", _PLANNER, "NamesDuplicatesDanglingReferencesAndCircles"),
    "CL3003": ("lowering makes no circles", _PLANNER, "NamesDuplicatesDanglingReferencesAndCircles"),
    "CL3004": ("lowering makes only kinds of its own schema", _PLANNER, "NamesDuplicatesDanglingReferencesAndCircles"),
    "CL3005": ("only a later version makes kinds that this one lacks", _PLANNER, "RowsWithoutProviderAreNamed"),
    "CL3201": ("rows change only under the lock", _EXECUTOR, "APlanThatFitsNothingAnyMoreFailsByName"),
    "CL3206": ("a plan brings its provider entries along", _EXECUTOR, "APlanThatFitsNothingAnyMoreFailsByName"),
    "CL3207": ("an intent brings its provider entry along", _EXECUTOR, "WithoutTheProviderTheIntentStaysOpen"),
    "CL3208": ("rows change only under the lock", _EXECUTOR, "APlanThatFitsNothingAnyMoreFailsByName"),
    "CL3209": ("no provider throws", _EXECUTOR, "AnExceptionOfAProviderEndsItsStepOnly"),
    "CL3211": ("only a later version writes such rows", "tests/property/upgrade_test.cpp",
               "ARowOfALaterVersionIsRefusedAndNothingIsTouched"),
    "CL4014": ("the executor writes entries with their configuration", _STORE, "refuses_what_could_not_be_read_back"),
    "CL4015": ("providers answer with values of their schema", _STORE, "refuses_what_could_not_be_read_back"),
    "CL4016": ("a command has one state and its lock", _STORE, "refuses_another_states_lock"),
    "CL5020": ("the topology's shape lets no other kind through; only a state of a later version holds one",
               _CLIENT, "an_entry_of_a_kind_that_this_version_does_not_apply_is_refused"),
    "CL5118": ("rows are sealed, so that only a hostile state with a right seal holds such an identifier",
               _CLIENT, "an_identifier_in_the_state_that_cannot_be_one_is_never_sent"),
    "CL5119": ("the planner never changes a kind that cannot be changed",
               _CLIENT, "a_kind_without_changes_is_not_changed"),
    "CL6118": ("it takes thousands of rules that overlap in all fields", "tests/unit/ops/verify_test.cpp",
               "WhatIsTooComplexIsNamedAndNothingHolds"),
    "CL6112": ("the compiler makes rules, routes and tunnels of the flows", "tests/unit/ops/verify_test.cpp",
               "AFlowWithoutAWayIsNamedWithItsPackets"),
    "CL6122": ("the compiler writes rules for exact pairs, so that one order or another will do",
               "tests/unit/ops/meantime_test.cpp", "AGuaranteeThatNoOrderKeepsIsNamed"),
    "CL6114": ("both engines agree, as their tests show", "tests/unit/ops/verify_test.cpp",
               "WhereTheEnginesDifferNothingIsProved"),
    "CL6115": ("only a network far beyond the inventories needs so many nodes", "tests/unit/ops/verify_test.cpp",
               "WhatTheSecondEngineGaveUpIsNotConfirmed"),
    "CL6146": ("only thousands of rules that cut each other are too complex", "tests/unit/ops/lint_test.cpp",
               "WhatIsTooComplexIsSaidAndNotJudged"),
    "CL5430": ("it takes a machine that does not take a file", "tests/node/services_test.cpp", "AMachineWithoutRoomIsNamed"),
    "CL5436": ("a balancer is told once its machines answer", "tests/unit/node/services_test.cpp",
               "AreTakenOutAtTheirBalancersWhileTheyChange"),
    "CL5434": ("a secret is read once its machine answers", "tests/node/services_test.cpp", "SecretsReachTheServiceAndNobodyElse"),
    "CL5432": ("an artifact is read once its machine answers", "tests/node/services_test.cpp", "WhatIsNotMeantNeverArrives"),
    "CL5437": ("an artifact is read once its machine answers", "tests/unit/node/artifacts_test.cpp", "OnlyTheKeysOwnerCanVouchForThem"),
    "CL5438": ("a certificate is read once its machine answers", "tests/unit/node/certificates_test.cpp", "OneThatIsOverIsNeverServed"),
    "CL5439": ("a certificate is read once its machine answers", "tests/unit/node/certificates_test.cpp", "OneThatEndsSoonIsSaid"),
    "CL5433": ("an artifact is read once its machine answers", "tests/node/services_test.cpp", "WhatIsNotMeantNeverArrives"),
    "CL6191": ("no report of a topology has sixteen thousand columns", "tests/unit/report/xlsx_test.cpp", "SaysWhenATableIsTooWide"),
    "CL7001": ("sessions run on machines of any packages", "tests/unit/report/html_test.cpp", "CL7001WithoutWeasyPrint"),
    "CL7002": ("WeasyPrint takes every page of ours", "tests/unit/report/html_test.cpp", "CL7002WhenItFails"),
    "CL5401": (_NODES, _SSH, "AHostThatDoesNotListenIsNotThere"),
    "CL5402": (_NODES, _SSH, "KnownHostsDecideWithoutAFingerprint"),
    "CL5403": (_NODES, _SSH, "APinnedFingerprintDecides"),
    "CL5404": (_NODES, _SSH, "ARefusedLoginTellsWhatWasTried"),
    "CL5406": (_NODES, _SSH, "AConnectionThatBreaksOffLeavesAWriteInDoubt"),
    "CL5407": (_NODES, _SSH, "AHostThatSaysNothingIsGivenUp"),
    "CL5408": (_NODES, _SSH, "EndlessOutputIsCutOff"),
    "CL5409": (_NODES, _SSH, "ASignalEndsTheWaitAtOnce"),
    "CL5410": (_NODES, _REPORT, "AReportThatEndsAnywhereIsRefused"),
    "CL5411": (_NODES, _HOSTILE, "WhatIsWrittenAndNotShownIsAnError"),
    "CL5412": (_NODES, _HOSTILE, "AnAccountThatMayNotBecomeRootIsNamed"),
    "CL5413": (_NODES, _HOSTILE, "AChangeThatIsRefusedHasChangedNothing"),
    "CL5414": (_NODES, _NODE, "ABrokenRulePutsTheFormerOnesBack"),
    "CL5415": (_NODES, _NODE, "ARuleThatLocksUsOutGoesBackByItself"),
    "CL5417": (_NODES, _FINDINGS, "ANodeThatWentBackSaysWhen"),
    "CL5418": (_NODES, _FINDINGS, "MissingPackagesAreNamedTogether"),
    "CL5419": (_NODES, _FINDINGS, "AWayThatWouldCloseIsRefused"),
    "CL5420": (_NODES, _VPN, "ASharedKeyIsReadFromWhereItsReferenceLeads"),
    "CL5421": (_NODES, _GUESTS, "AreNotTakenAwayForAnImageThatIsNotThere"),
    "CL5422": (_NODES, _FINDINGS, "AClockThatIsOffIsNamed"),
    "CL5424": (_NODES, _FINDINGS, "ASystemThatNoTestRanOnIsNamed"),
    "CL5425": (_NODES, "tests/unit/node/apart_test.cpp", "WhatTheNodeCannotPassOnIsSaid"),
    "CL5423": (_NODES, _FINDINGS, "ABridgeTakesAKernelThatHasOne"),
    "CL7104": ("cloison itself names what goes into a pack", "tests/unit/report/pack_test.cpp", "ThatCannotBeMadeAreRefused"),
    "CL5508": ("no kind of OpenStack's declares a revision", _REFUSALS, "StaleRevision"),
    "CL5510": ("no kind of OpenStack's declares a limit", _REFUSALS, "LimitPerContainer"),
    "CL5511": ("one process never makes two such calls at once", _FAULTS,
               "OverlappingChangesOfWhatIsHeldAloneAreRefused"),
    "CL5516": ("a bug of cloison alone", _REFUSALS, "ReferencesMustBeResolvedAndKindsKnown"),
    "CL5517": ("a bug of cloison alone", _REFUSALS, "ReferencesMustBeResolvedAndKindsKnown"),
}

_NAME = re.compile(r"(CL\d{4})-[a-z0-9-]+")
_HEAD = re.compile(r"\s*(?:note|warning|error)\[(CL\d{4})\]: ")
_HINT = re.compile(r"\s+hint: ")
_QUOTED = re.compile(r"`(cloison [^`]+)`")
_BARE = re.compile(r"\bcloison (?:init|validate|plan|apply|destroy|drift|state|log|graph|sandbox|schema|version|help)\b")
_EXIT = re.compile(r"# exit (\d+): \S")


def hints_of(code, lines):
    """The hints of a code in what was said, each on one line again; None where it was said without one."""
    hints = []
    for at, line in enumerate(lines):
        head = _HEAD.match(line)
        if not head or head[1] != code:
            continue
        block = []
        for more in lines[at + 1:]:
            if not more.strip() or _HEAD.match(more) or not more[0].isspace() and not more[0].isdigit():
                break
            block.append(more)
        start = next((i for i, one in enumerate(block) if _HINT.match(one)), None)
        hints.append(None if start is None else " ".join(one.strip() for one in block[start:]).removeprefix("hint: "))
    return hints


def _pattern(hinted):
    """A hinted command as a pattern: words in capitals, also between angles, are placeholders."""
    words = [r"\S+" if re.fullmatch(r"<?[A-Z]{2,}>?(\.\.\.)?", word) else re.escape(word) for word in hinted.split()]
    return re.compile(r"(?<!\S)" + r" ".join(words) + r"(?!\S)")


def hinted_commands(code, session):
    """Each command that a hint of the code names, with whether it was run after the mending."""
    hints = [hint for step in session.steps if not step.after_mended for hint in hints_of(code, step.said) if hint]
    later = [line for step in session.steps if step.after_mended for line in step.command.split("\n")]
    return {hinted: any(_pattern(hinted).search(line) for line in later)
            for hint in hints for hinted in _QUOTED.findall(hint)}


def broken_laws(name, session):
    """The laws of one session that ran, each broken one as a line."""
    named = _NAME.fullmatch(name)
    if not named:
        return [f"the folder's name is no CLnnnn-what: {name}"]
    code, wrong = named[1], []
    before = [step for step in session.steps if not step.after_mended]
    after = [step for step in session.steps if step.after_mended]
    if session.mended != 1 or not before or not after:
        return ["one line `# mended: ...` must divide the commands"]
    hints = [hint for step in before for hint in hints_of(code, step.said)]
    if not hints:
        wrong.append(f"nothing before the mending says [{code}]")
    if None in hints:
        wrong.append(f"[{code}] is said without a hint")
    for hint in filter(None, hints):
        for bare in _BARE.findall(_QUOTED.sub("", hint)):
            wrong.append(f"the hint names a command without backquotes: {bare}")
    hinted = hinted_commands(code, session)
    if hinted and not any(hinted.values()):
        wrong.append("none of the hinted commands was run after the mending: " + ", ".join(hinted))
    last = after[-1]
    allowed = [found[1] for line in last.before if (found := _EXIT.match(line))] or ["0"]
    if str(last.left) != allowed[-1]:
        wrong.append(f"the last command left with {last.left} instead of {allowed[-1]}")
    if any(f"[{code}]" in line for line in last.said):
        wrong.append(f"the last command still says [{code}]")
    return wrong


def never_followed(sessions):
    """Hinted commands that no session of their code runs: a hint may name two ways, and each must be walked."""
    followed = {}
    for name, session in sessions:
        code = name[:6]
        for hinted, run in hinted_commands(code, session).items():
            followed[code, hinted] = followed.get((code, hinted), False) or run
    return [f"{code}: no case follows the hint's `{hinted}`" for (code, hinted), run in sorted(followed.items()) if not run]


def _read(file):
    return file.read_text(errors="replace")


def coverage():
    """Each page of docs/errors has a case, or a reason and a test."""
    pages = {file.stem for file in (SOURCE / "docs/errors").glob("CL*.md")}
    shown = {found[1] for case in CASES.iterdir() if (found := _NAME.fullmatch(case.name))}
    for file in SOURCE.glob("tests/golden/re*/*/expected.txt"):
        shown |= set(re.findall(r"^(?:note|warning|error)\[(CL\d{4})\]", _read(file), re.MULTILINE))
    wrong = [f"{code} has no golden case" for code in sorted(pages - shown - NOT_FROM_OUTSIDE.keys())]
    wrong += [f"{code} has a golden case and no page in docs/errors" for code in sorted(shown - pages)]
    for code, (reason, file, test) in sorted(NOT_FROM_OUTSIDE.items()):
        text = _read(SOURCE / file)
        if code in shown or code not in pages:
            wrong.append(f"{code} has a case, or no page: it does not belong into NOT_FROM_OUTSIDE")
        if not reason or code not in text or test not in text:
            wrong.append(f"{code}: {file} holds no test {test} that names it")
    return wrong

#!/usr/bin/python3
"""`--format sarif` and `--format junit` from outside: the official schemas, every place against the line of its file, and
what a service that keeps findings must find unchanged when lines move.

    tests/report/findings.py CLOISON
"""
import copy
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree as xml

import jsonschema

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from checks import counted, expect, problems  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = SOURCE / "tests/report/schemas"
NOW = "2026-11-22T10:00:00Z"

# Accents stand before what is found, on the same line; names of files want encoding.
ACCENTED = """cloison: 1
name: accents
environments: {production: {address_space: 10.0.0.0/16}}
providers: {ovh: {kind: openstack, cloud: gra}}
zones: {app: {trust: internal}, data: {trust: restricted}}
sites:
  cloud:
    provider: ovh
    vpcs:
      main:
        cidr: auto/20
        segments:
          app: {cidr: auto/24, hosts: {web: {vm: {image: debian-12, cpu: 1, memory: 2G}}}}
          data: {cidr: auto/24, hosts: {postgres: {vm: {image: debian-12, cpu: 1, memory: 2G}}}}
flows:
  - {purpose: "Épreuve à 𝔘nités {0} [x](http://evil.example)", id: F-1, from: cloud.app.web, to: cloud.data.postgres, ports: [any]}
  - {purpose: "Télé", id: F-2, from: cloud.app.web, to: cloud.data.postgres, ports: [tcp/23]}
guarantees:
  - {id: G-1, unreachable: {from: {zone: app}, to: {zone: data}}}
  - {id: G-2, unreachable: {from: internet, to: {zone: data}}}
"""
WRONG = ACCENTED.replace("ports: [tcp/23]", "ports: [télnet]").replace("ports: [any]", "ports: ['ça, non']")


class Program:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder

    def run(self, *words):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", "CLOISON_NOW": NOW,
                       "SIH_PSK": "x", "ADMIN_PSK": "x"}
        return subprocess.run([self.binary, *map(str, words)], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=300)


def no_constraint(name, value):
    raise ValueError(f"{name}: {value}")


class Sarif:
    validator = jsonschema.Draft202012Validator(json.loads((SCHEMAS / "sarif/sarif-2.1.0.json").read_text()))

    def __init__(self, program, what, text):
        self.what, self.program = what, program
        self.log = json.loads(text.decode())
        self.run = self.log["runs"][0]
        self.results = self.run["results"]

    def wrong_by_schema(self):
        return [error.message for error in self.validator.iter_errors(self.log)]

    def check(self, status):
        for message in self.wrong_by_schema():
            expect(False, f"{self.what}: {message[:200]}")
        rules = [rule["id"] for rule in self.run["tool"]["driver"]["rules"]]
        expect(rules == sorted(set(rules)), f"{self.what}: rules in order, each once")
        expect({one["ruleId"] for one in self.results} == set(rules), f"{self.what}: the rules are those that are broken")
        for rule in self.run["tool"]["driver"]["rules"]:
            page = (SOURCE / f"docs/errors/{rule['id']}.md").read_text()
            expect(rule["help"]["markdown"] == page, f"{self.what}: {rule['id']} has its page")
            expect(page.startswith(f"# {rule['id']}: {rule['shortDescription']['text']}\n"), f"{self.what}: {rule['id']} has its title")
            expect(rule["fullDescription"]["text"][:30] in page.replace("\n", " "), f"{self.what}: {rule['id']} says what it means")
        for one in self.results:
            self.result(one, rules)
        prints = [one["partialFingerprints"]["primaryLocationLineHash"] for one in self.results]
        expect(len(prints) == len(set(prints)), f"{self.what}: each finding has a fingerprint of its own")
        expect(self.run["invocations"][0]["exitCode"] == status, f"{self.what}: the status it ended with")

    def result(self, one, rules):
        what = f"{self.what}: {one['ruleId']}: {one['message']['text'][:60]!r}"
        expect(rules[one["ruleIndex"]] == one["ruleId"], f"{what}: its rule")
        text = one["message"]["text"]
        rest = text.replace("{{", "").replace("}}", "")
        expect("{" not in rest and "}" not in rest, f"{what}: braces are doubled")
        expect("](" not in text, f"{what}: no link")
        for location in one["locations"] + one.get("relatedLocations", []):
            physical = location.get("physicalLocation")
            expect(physical or location.get("logicalLocations"), f"{what}: it is somewhere")
            if physical:
                self.place(physical, what)

    def place(self, physical, what):
        artifact = physical["artifactLocation"]
        expect(artifact.get("uriBaseId") == "%SRCROOT%" and "://" not in artifact["uri"], f"{what}: {artifact} is relative")
        file = self.program.folder / urllib.parse.unquote(artifact["uri"])
        expect(file.is_file(), f"{what}: {artifact['uri']} is a file")
        region = physical.get("region")
        if region is None or not file.is_file():
            return
        expect(region.get("startLine", 0) > 0, f"{what}: the region has a line")
        line = file.read_text(encoding="utf-8").split("\n")[region["startLine"] - 1]
        snippet = region["snippet"]["text"]
        # Python counts code points, as the file says that it does.
        expect(self.run["columnKind"] == "unicodeCodePoints", f"{what}: what columns count")
        expect(stands_in(line, region), f"{what}: {line!r} has {snippet!r} there")
        expect(physical["contextRegion"]["snippet"]["text"] == line, f"{what}: its line")

    def fingerprints(self):
        return sorted(one["partialFingerprints"]["cloisonFinding/v1"] for one in self.results)

    def of(self, code):
        return [one for one in self.results if one["ruleId"] == code]


def stands_in(line, region):
    return line[region["startColumn"] - 1:region["endColumn"] - 1] == region["snippet"]["text"] != ""


def sarif_of(program, what, *words):
    plain, printed = program.run(*words), program.run(*words, "--format", "sarif")
    expect(plain.returncode == printed.returncode, f"{what}: the same status, {plain.returncode}, not {printed.returncode}")
    made = Sarif(program, what, printed.stdout)
    made.check(plain.returncode)
    file = program.folder / "found.sarif"
    written = program.run(*words, "-o", file.name)
    expect(written.returncode == plain.returncode, f"{what}: the same status with a file")
    expect(file.read_bytes() == printed.stdout, f"{what}: the same bytes twice, in a file and printed")
    expect(file.stat().st_mode & 0o777 == 0o600, f"{what}: for whoever asked for it alone")
    file.unlink()
    return made


def junit_of(program, what, *words):
    plain, printed = program.run(*words), program.run(*words, "--format", "junit")
    expect(plain.returncode == printed.returncode, f"{what}: the same status")
    file = program.folder / "tested.xml"
    program.run(*words, "-o", file.name)
    expect(file.read_bytes() == printed.stdout, f"{what}: the same bytes twice, in a file and printed")
    for schema in ("junit-10.xsd", "JUnit.xsd"):
        said = xmllint(schema, file)
        expect(said is None, f"{what}: {schema}: {said}")
    root = xml.fromstring(printed.stdout)
    for suite in root:
        cases = suite.findall("testcase")
        for name, element in (("tests", None), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            counted = len(cases) if element is None else sum(case.find(element) is not None for case in cases)
            expect(int(suite.get(name)) == counted, f"{what}: {name} are counted")
    file.unlink()
    return root


def xmllint(schema, file):
    done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", SCHEMAS / "junit" / schema, file], capture_output=True, text=True)
    return None if done.returncode == 0 else done.stderr[:300]


def outcome(root, name):
    found = [case for case in root.iter("testcase") if case.get("name").startswith(name)]
    expect(len(found) >= 1, f"there is a case {name}")
    children = [child.tag for child in found[0]]
    return children[0] if children else "passed"


def moved(program, before, *words):
    """The same topology, its lines elsewhere: no finding is new, and each is found on its new line."""
    file = program.folder / "topology.yaml"
    text = file.read_text()
    file.write_text("# One line.\n# Another one.\n" + text.replace("flows:\n", "\n\nflows:\n"))
    after = sarif_of(program, f"{before.what}, lines moved", *words)
    expect(after.fingerprints() == before.fingerprints(), f"{before.what}: fingerprints stay when lines move")
    lines = [[one["locations"][0].get("physicalLocation", {}).get("region", {}).get("startLine") for one in sarif.results]
             for sarif in (before, after)]
    expect(lines[0] != lines[1], f"{before.what}: lines were moved")
    file.write_text(text)


def accented(program):
    file = program.folder / "topology.yaml"
    file.write_text(ACCENTED)
    lint = sarif_of(program, "lint", "lint")
    expect({one["ruleId"] for one in lint.results} >= {"CL6143", "CL6144", "CL6145"}, "lint: what is broad, insecure and missing")
    verify = sarif_of(program, "verify", "verify")
    expect(len(verify.of("CL6110")) == 1 and "G-1" in verify.of("CL6110")[0]["message"]["text"], "verify: G-1 is broken")
    expect(verify.of("CL6110")[0]["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "G-1"}], "verify: it is about G-1")
    moved(program, lint, "lint")
    moved(program, verify, "verify")
    junit = junit_of(program, "verify", "verify")
    expect(outcome(junit, "G-1") == "failure" and outcome(junit, "G-2") == "passed", "junit: G-1 fails and G-2 does not")
    # What is any goes by DHCP's ports too, which the platform keeps for itself.
    expect([one["locations"][0]["physicalLocation"]["region"]["startLine"] for one in verify.of("CL6112")] == [16], "verify: F-1 has no way")
    expect(outcome(junit, "each flow") == "failure" and outcome(junit, "nothing passes") == "passed", "junit: flows, and nothing else")
    failure = next(junit.iter("failure"))
    expect("->" in failure.get("message") and "10.0.0.10" in failure.text and "F-" in failure.text, "junit: the packet, and its way")

    file.write_text(WRONG)
    validate = sarif_of(program, "validate", "validate")
    expect(validate.run["invocations"][0]["exitCode"] == 1 and len(validate.results) >= 2, "validate: both mistakes")
    expect(validate.run["invocations"][0]["executionSuccessful"], "validate: it has looked")
    moved(program, validate, "validate")
    refused = sarif_of(program, "verify of what is wrong", "verify")
    expect(not refused.run["invocations"][0]["executionSuccessful"], "verify: nothing was proved")
    expect(outcome(junit_of(program, "verify of what is wrong", "verify"), "it can be proved") == "error", "junit: nothing was proved")
    file.unlink()
    gone = Sarif(program, "no topology", program.run("validate", "--format", "sarif").stdout)
    expect(not gone.run["invocations"][0]["executionSuccessful"], "validate: nothing was looked at")


def alike(program):
    """The same fault at many sites is one finding with its number, and stays that when a site is added."""
    shutil.copytree(SOURCE / "tests/golden/program_files/laboratories", program.folder, dirs_exist_ok=True)
    file = program.folder / "topology.yaml"
    file.write_text(file.read_text().replace("users: {trust: internal}", "users: {trust: restricted}").split("guarantees:")[0])
    rows = program.folder / "labs.csv"
    head, row = rows.read_text().strip().split("\n")
    more = [row.replace("lyon-03", f"lyon-{number:02}").replace("192.0.2.33", f"192.0.2.{number}") for number in (40, 41)]
    rows.write_text("\n".join([head, row, *more]) + "\n")
    before = sarif_of(program, "laboratories", "lint")
    several = [one for one in before.results if one.get("occurrenceCount", 1) > 1]
    expect(several and all("are alike" in one["message"]["text"] for one in several), "laboratories: what is alike is one finding")
    first = row.replace("lyon-03", "aix-01").replace("192.0.2.33", "192.0.2.42")
    rows.write_text("\n".join([head, first, row, *more]) + "\n")
    after = sarif_of(program, "one more laboratory", "lint")
    expect(after.fingerprints() == before.fingerprints(), "laboratories: one more makes no finding new")
    expect(sum(one.get("occurrenceCount", 1) for one in after.results) > sum(one.get("occurrenceCount", 1) for one in before.results),
           "laboratories: one more is counted")


def scenarios(program):
    shutil.copytree(SOURCE / "tests/golden/program_files/practice", program.folder, dirs_exist_ok=True)
    with (program.folder / "topology.yaml").open("a") as file:
        file.write("scenarios:\n  fibre-lost: {down_each: practice.underlays.fibre, requires: [F-1]}\n"
                   "  nothing-lost: {down_each: practice.underlays.fibre, requires: []}\n")
    junit = junit_of(program, "simulate", "simulate")
    expect(outcome(junit, "fibre-lost") == "failure" and outcome(junit, "nothing-lost") == "skipped", "simulate: what is lost")
    expect(outcome(junit_of(program, "no such scenario", "simulate", "none"), "it can be proved") == "error", "simulate: no such one")


def references(program):
    """The reference networks, in a folder whose name wants encoding."""
    home = program.folder / "réseaux de référence"
    shutil.copytree(SOURCE / "inventories", home, dirs_exist_ok=True)
    for network in ("pfi", "labanalyse", "audioprothese"):
        where = ["-t", home.relative_to(program.folder) / network]
        for command in ("validate", "lint", "verify"):
            sarif_of(program, f"{command} of {network}", command, *where)
        junit_of(program, f"verify of {network}", "verify", *where)
        junit_of(program, f"simulate of {network}", "simulate", *where)


def planted(program):
    """The checks see what is wrong."""
    (program.folder / "topology.yaml").write_text(ACCENTED)
    good = sarif_of(program, "planted", "lint")
    for spoil in (lambda run: run.update(columnKind="bytes"), lambda run: run["results"][0].pop("message"),
                  lambda run: run["results"][0].update(level="grave"), lambda run: run.update(foo=1)):
        bad = copy.copy(good)
        bad.log = copy.deepcopy(good.log)
        spoil(bad.log["runs"][0])
        expect(bad.wrong_by_schema(), "the schema sees what was planted")
    text = program.run("verify", "--format", "junit").stdout
    for was, instead in ((b'hostname="localhost" ', b""), (b' time="0"', b' time="soon"'), (b"<properties>", b"<property>")):
        file = program.folder / "bad.xml"
        file.write_bytes(text.replace(was, instead, 1))
        expect(xmllint("JUnit.xsd", file), f"the schema sees that {was} is gone")
    spoilt = copy.deepcopy(good.run["results"])
    region = next(one for one in spoilt if "region" in one["locations"][0]["physicalLocation"])["locations"][0]["physicalLocation"]
    region["region"]["startColumn"] += 1
    line = (program.folder / "topology.yaml").read_text().split("\n")[region["region"]["startLine"] - 1]
    expect(not stands_in(line, region["region"]), "a column that is off by one is seen")


def usage(program):
    (program.folder / "topology.yaml").write_text(ACCENTED)
    for words in (("validate", "-o", "x.txt"), ("validate", "--format", "junit"), ("lint", "--format", "junit"), ("verify", "--format", "html"),
                  ("simulate", "-o", "x.sarif")):
        expect(program.run(*words).returncode == 64, f"{words} is refused")
    expect(program.run("lint", "-o", "no/such/folder/x.sarif").returncode == 1, "a file that cannot be written")
    lines = [json.loads(line) for line in program.run("lint", "--json", "-o", "x.sarif").stdout.splitlines()]
    expect([line["file"] for line in lines if line["type"] == "report"] == ["x.sarif"], "--json says what was written")


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        for part in (accented, alike, scenarios, references, planted, usage):
            folder = pathlib.Path(scratch) / part.__name__
            folder.mkdir()
            part(Program(binary, folder))
    print(f"counted: {counted()} checks, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

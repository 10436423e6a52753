#!/usr/bin/python3
"""Sessions of the program: tests/golden/program/CLnnnn-what/session.txt holds commands with what they must say.

    # with: one-segment                  before the first command: a folder of program_files that is copied first
    # environment: CLOISON_NOW=          before the first command: variables for the whole session (empty: not set)
    $ cloison apply friday.plan          run by /bin/bash in a copy of the folder; lines `> ...` go on with the command
    error[CL3101]: this is no plan file  what it says, both streams in one; then its status unless that is 0
    [1]
    # mended: a new plan is made         everything after it follows the hint
    $ cloison plan -o friday.plan

A line of output that could be taken for something else stands behind a backslash. Prose is in `# ` lines.
The laws are in `broken_laws` and `coverage`. CLOISON_ACCEPT=1 rewrites what differs; read it as a user would.

    program_cases.py [FILTER...]         all cases, or those whose names contain a FILTER (then without coverage)
"""
import concurrent.futures
import difflib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from program_laws import CASES, SOURCE, broken_laws, coverage, never_followed  # noqa: E402
from program_session import Session  # noqa: E402

SECONDS = 60  # that one command may take
WORKERS = 2
FILES = SOURCE / "tests/golden/program_files"
TOOLS = SOURCE / "tests/golden/program_tools"

# What varies between two runs, and what stands for it. In this order; nothing else is normalised.
VARIES = [
    (r"\r", ""),
    (r"[ \t]+$", ""),
    (r"\x1b", r"\\x1b"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID"),
    (r"\b[0-9a-f]{64}\b", "DIGEST"),
    (r"\b[0-9a-f]{40}\b", "COMMIT"),
    (r"\b[0-9a-f]{32}\b", "RANDOM"),
    (r"\b[0-9a-f]{16}\b", "LINEAGE"),
    (r"\b(commit |revision +)\d+\b", r"\1N"),  # what finishes together is committed together
    (r"\bshould have \d+\b", "should have N"),
    (r"\b\d+ ms\b", "TIME"),
    (r"\b\d+\.\d s\b", "TIME"),
    (r"\bProcess \d+\b", "Process PID"),
    (r"\bcloison \d+\.\d+\.\d+ \([^)]*\)", "cloison VERSION"),
    (r"\b(?:127\.0\.0\.1|localhost):\d{4,5}\b", "127.0.0.1:PORT"),
    (r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z", lambda found: found[0] if found[0] == NOW else "DATE"),
    (r"\bby \S+ on " + re.escape(socket.gethostname()) + r"\b", "by USER on HOST"),
    (r"\S+@" + re.escape(socket.gethostname()) + r"\b", "USER@HOST"),
]
NOW = "2026-11-22T10:00:00Z"


def normalised(text, scratch):
    text = text.replace(str(scratch), "SCRATCH")
    for pattern, instead in VARIES:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    return text.rstrip("\n").split("\n") if text.strip("\n") else []


def surroundings(home, session):
    """Nothing of the caller's environment reaches the program: no account, no proxy, no colour."""
    variables = {"HOME": str(home), "PATH": f"{home.parent / 'bin'}:{TOOLS}:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC",
                 "TERM": "xterm", "NO_COLOR": "1", "CLOISON_NOW": NOW}
    variables.update(session.environment)
    return {name: value for name, value in variables.items() if value != ""}


class Run:
    """One case in a scratch folder. What its commands leave running ends with it."""

    def __init__(self, case, session, binary):
        self.folders = [FILES / name for name in session.folders] + [case]
        self.binary, self.groups = binary, []

    def __enter__(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="cloison-session-"))
        self.home = self.scratch / "home"
        for folder in self.folders:
            shutil.copytree(folder, self.home, ignore=shutil.ignore_patterns("session.txt"), dirs_exist_ok=True)
        (self.scratch / "bin").mkdir()
        (self.scratch / "bin/cloison").symlink_to(self.binary)
        return self

    def __exit__(self, *_):
        for group in self.groups:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.scratch, ignore_errors=True)

    def command(self, line, environment):
        """Output lines and status. The output goes to a file, so that nobody waits for what is left in the background."""
        with tempfile.TemporaryFile() as output:
            shell = subprocess.Popen(["/bin/bash", "-c", line], cwd=self.home, env=environment, stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=output, start_new_session=True)
            self.groups.append(shell.pid)
            try:
                status = shell.wait(SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(shell.pid, signal.SIGKILL)
                status = f"not ended after {SECONDS} s"
            output.seek(0)
            text = output.read().decode(errors="backslashreplace")
        # bash says 128+N of a child that a signal ended, and -N is its own end.
        return normalised(text, self.home), 128 - status if isinstance(status, int) and status < 0 else status


def run_case(case, binary, accept):
    """The session as it went, and what is wrong with it, as lines."""
    try:
        session = Session.read(case / "session.txt")
    except (OSError, ValueError) as error:
        return None, [str(error)]
    with Run(case, session, binary) as run:
        environment = surroundings(run.home, session)
        for step in session.steps:
            step.said, step.left = run.command(step.command, environment)
    wanted, got = session.text(), session.text(actual=True)
    wrong = []
    if accept and wanted != got:
        (case / "session.txt").write_text(got)
    elif wanted != got:
        wrong += list(difflib.unified_diff(wanted.splitlines(), got.splitlines(), "session.txt", "what happened", lineterm=""))
    return session, wrong + broken_laws(case.name, session)


def main(filters):
    binary = pathlib.Path(os.environ.get("CLOISON_BIN") or SOURCE / "build/release/cloison").resolve()
    if not os.access(binary, os.X_OK):
        sys.exit(f"there is no program {binary}")
    accept = os.environ.get("CLOISON_ACCEPT") is not None
    cases = sorted(case for case in CASES.iterdir() if case.is_dir())
    chosen = [case for case in cases if not filters or any(word in case.name for word in filters)]
    failed, sessions = 0, []
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for case, (session, wrong) in zip(chosen, pool.map(lambda case: run_case(case, binary, accept), chosen)):
            failed += bool(wrong)
            sessions += [(case.name, session)] if session else []
            for line in ([f"--- {case.name}"] if wrong else []) + wrong:
                print(line)
    missing = [] if filters else never_followed(sessions) + coverage()
    for line in missing:
        print(line)
    if failed or missing or not chosen:
        sys.exit(f"{failed} of {len(chosen)} sessions went wrong, {len(missing)} laws of all together are broken")
    print(f"{len(chosen)} sessions")


if __name__ == "__main__":
    main(sys.argv[1:])

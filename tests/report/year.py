#!/usr/bin/python3
"""A year of a network, told by its log: flows come, change, are over and go, a guarantee is overridden, a laboratory is off line when
its flow is closed. What each month reported is kept, and asked again at the end.

  tests/report/year.py CLOISON

What is expected is written down here by hand. The last line counts.
"""
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

FILES = pathlib.Path(__file__).resolve().parents[1] / "golden/program_files/laboratories"
KINDS = ("rules", "flows", "matrix", "compliance", "continuity", "inventory")
LAB = "lab/lyon-03.node/lyon-03-1"


class Wrong(Exception):
    pass


class Year:
    def __init__(self, program, folder):
        self.program, self.folder, self.checks = os.path.abspath(program), pathlib.Path(folder), 0
        self.reported = {}
        shutil.copytree(FILES, self.folder, dirs_exist_ok=True)

    def run(self, when, *words, status=0, **environment):
        done = subprocess.run([self.program, *words, "--sandbox"], cwd=self.folder, env={**os.environ, "CLOISON_NOW": when, **environment},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=120)
        if done.returncode != status:
            raise Wrong(f"{when}: cloison {' '.join(words)}: status {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
        return done.stdout

    def apply(self, when, *words, status=0, **environment):
        self.run(when, "apply", "--yes", "-q", *words, status=status, **environment)

    def write(self, change):
        path = self.folder / "topology.yaml"
        text = path.read_text(encoding="utf-8")
        changed = change(text)
        if changed == text:
            raise Wrong("nothing was written")
        path.write_text(changed, encoding="utf-8")

    def add_flow(self, line):
        self.write(lambda text: text.replace("guarantees:\n", f"  - {line}\nguarantees:\n"))

    def month(self, when):
        """What is reported then, kept."""
        self.reported[when] = {kind: self.run(when, "report", kind, "--format", "json") for kind in KINDS}

    def expect(self, what, found, wanted):
        self.checks += 1
        if found != wanted:
            raise Wrong(f"{what}:\n  found  {found}\n  wanted {wanted}")

    def rows(self, when, kind, table):
        """{column: cell} of each row of a table, or of all, of what was reported then."""
        report = json.loads(self.reported[when][kind])
        found = []
        for chapter in report["chapters"]:
            for part in chapter["parts"]:
                if "rows" in part and table in (None, part["id"]):
                    found += part["rows"]
        return found

    def flow(self, when, name):
        found = [row for row in self.rows(when, "flows", None) if row.get("flow") == name]
        return found[0] if found else None

    def rules_of(self, when, flow):
        return [row for row in self.rows(when, "rules", "rules") if row["flow"] == flow]

    def diff(self, now, before, after):
        """({what, from, to, services}, [flows], operations' numbers) between two points in time."""
        report = json.loads(self.run(now, "report", "diff", before, after, "--format", "json"))
        tables = {part["id"]: part["rows"] for chapter in report["chapters"] for part in chapter["parts"] if "rows" in part}
        packets = {(row["what"], row["from"], row["to"], *row["services"]) for row in tables["packets"]}
        return packets, {row["flow"]: row for row in tables["flows"]}, tables["operations"], tables["packets"]


JANUARY, FEBRUARY, MARCH, APRIL, MAY, JUNE, JULY, AUGUST, SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = (
    f"2026-{month:02}-25T12:00:00Z" for month in range(1, 13))
SSH = "{id: F-2, from: lab.lan, to: central.office, ports: [ssh], purpose: Repairs, owner: paul@example.org, ticket: REQ-7}"


def live_through(year):
    year.apply("2026-01-10T09:00:00Z", "--ticket", "CHG-1", "--approved-by", "dsi")
    year.month(JANUARY)

    year.add_flow(SSH)
    year.month("2026-02-01T08:00:00Z")  # written, not applied
    year.apply("2026-02-03T10:00:00Z", "--ticket", "CHG-2", "--approved-by", "rssi")
    year.month(FEBRUARY)

    year.write(lambda text: text.replace("ports: [ssh]", "ports: [ssh, tcp/9200]"))
    year.apply("2026-03-04T11:00:00Z", "--ticket", "CHG-3")
    year.month(MARCH)

    year.write(lambda text: text.replace("owner: paul@example.org", "owner: anne@example.org, review: 2026-12-01"))
    year.apply("2026-04-05T12:00:00Z", "--ticket", "CHG-4")  # no platform changes
    year.month(APRIL)

    year.add_flow("{id: F-3, from: central.office, to: lab.lan, ports: [tcp/3389], purpose: Migration, expires: 2026-05-31}")
    year.apply("2026-05-06T13:00:00Z", "--ticket", "CHG-5")
    year.month(MAY)

    year.apply("2026-06-07T14:00:00Z", "--ticket", "CHG-6")  # it is over
    year.month(JUNE)

    year.write(lambda text: text.replace("guarantees:\n", "guarantees:\n  - {id: G-2, unreachable: {from: central.office, to: lab.lan}}\n"))
    year.add_flow("{id: F-4, from: central.office, to: lab.lan, ports: [tcp/9100], purpose: Supervision}")
    year.apply("2026-07-08T15:00:00Z", status=3)
    year.apply("2026-07-08T15:05:00Z", "--ticket", "CHG-7", "--override", "G-2=agreed until December")
    year.month(JULY)

    year.write(lambda text: "".join(line for line in text.splitlines(True) if "id: F-2" not in line))
    year.apply("2026-08-09T16:00:00Z", "--ticket", "CHG-8", "--override", "G-2=agreed until December",
               CLOISON_SANDBOX_FAULTS=f"offline={LAB}")
    year.month(AUGUST)

    review(year)

    year.apply("2026-09-10T17:00:00Z", "--ticket", "CHG-9", "--override", "G-2=agreed until December")
    for month in (SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER):
        year.month(month)


def review(year):
    """F-1's owner keeps it until the end of October, F-4's has it removed; nobody fills in the rest."""
    def decide(row):
        if row["Flow"] == "F-1":
            row.update(Decision="keep", Reviewer="=Anne", Until="2026-10-31", Comment='as long as the old "LIS" runs, no longer')
        if row["Flow"] == "F-4":
            row.update(Decision="Remove", Reviewer="Paul", Date="2026-08-30")
        return row
    when = "2026-09-01T08:00:00Z"
    year.run(when, "review", "export", "--format", "csv", "-o", "reviews")
    for sheet in sorted((year.folder / "reviews").iterdir()):
        with open(sheet, encoding="utf-8-sig", newline="") as text:
            rows = list(csv.DictReader(text))
        with open(sheet, "w", encoding="utf-8", newline="") as text:  # as a French spreadsheet saves it
            writer = csv.DictWriter(text, rows[0].keys(), delimiter=";")
            writer.writeheader()
            writer.writerows(decide(row) for row in rows)
    year.run(when, "review", "import", *(str(path) for path in sorted((year.folder / "reviews").iterdir())), "--ticket", "REV-1")


def look_at_reviews(year):
    def told(when, flow, *names):
        return sorted({tuple(row[name] for name in names) for row in year.rules_of(when, flow)}, key=str)
    columns = ("decision", "reviewer", "last_review", "review_until", "due")
    year.expect("F-1 before its review", told(AUGUST, "F-1", *columns), [(None, None, None, None, "nobodys")])
    year.expect("F-4 after its review", told(SEPTEMBER, "F-4", *columns), [("remove", "Paul", "2026-08-30", None, "nobodys")])
    year.expect("F-1 while its exception lasts", told(OCTOBER, "F-1", *columns), [("keep", "=Anne", "2026-09-01", "2026-10-31", "nobodys")])
    year.expect("its comment", told(OCTOBER, "F-1", "review_comment"), [('as long as the old "LIS" runs, no longer',)])
    found = json.loads(year.run(NOVEMBER, "report", "rules", "--due", "--format", "json"))["chapters"][0]["parts"]
    year.expect("rules that are due", {row["due"] for part in found for row in part.get("rows", [])}, {"nobodys"})
    year.expect("flows that are", {row["flow"] for part in found for row in part.get("rows", []) if row["flow"]}, {"F-1", "F-4"})


def look_at_flows(year):
    flow = year.flow(FEBRUARY, "F-2")
    year.expect("F-2 in February", [flow[name] for name in ("created", "created_by", "changed", "owner")],
                ["2026-02-03T10:00:00Z", f"{USER}, approved by rssi", None, "paul@example.org"])
    flow = year.flow(MARCH, "F-2")
    year.expect("F-2 in March", [flow[name] for name in ("created", "changed", "changed_by", "changed_for", "services")],
                ["2026-02-03T10:00:00Z", "2026-03-04T11:00:00Z", USER, "CHG-3", ["tcp/22", "tcp/9200"]])
    flow = year.flow(APRIL, "F-2")
    year.expect("F-2 in April", [flow[name] for name in ("changed", "changed_for", "owner", "next_review")],
                ["2026-04-05T12:00:00Z", "CHG-4", "anne@example.org", "2026-12-01"])
    year.expect("F-2 in August", year.flow(AUGUST, "F-2"), None)
    year.expect("F-3", [year.flow(when, "F-3")["state"] for when in (MAY, JUNE)], ["in_force", "not_in_force"])
    year.expect("F-1 through the year", {year.flow(when, "F-1")["created"] for when in year.reported}, {"2026-01-10T09:00:00Z"})


def look_at_controls(year):
    def looked_at(when, name):
        return next((row["status"], row["says"]["en"]) for row in year.rows(when, "compliance", "evidence") if row["looked_at"] == name)
    year.expect("reviews while flows are young", looked_at(APRIL, "reviewed, months: 6")[0], "found")
    year.expect("reviews when they are not", looked_at(AUGUST, "reviewed, months: 6"),
                ("contradicted", "1 of 2 flows were not reviewed within 6 months"))
    year.expect("after the review", looked_at(SEPTEMBER, "reviewed, months: 6")[0], "found")
    year.expect("changes and who approved them", looked_at(MARCH, "operations, fields: [ticket, approved_by]"),
                ("contradicted", "1 of 3 operations do not say: ticket, approved_by"))
    year.expect("what is not applied yet", looked_at("2026-02-01T08:00:00Z", "applied")[0], "contradicted")
    year.expect("what outlives its flow", [looked_at(when, "applied")[0] for when in (FEBRUARY, AUGUST, SEPTEMBER)],
                ["found", "contradicted", "found"])
    year.expect("the log", {looked_at(when, "log")[0] for when in year.reported}, {"found"})


def look_at_rules(year):
    def told(when, flow, *names):
        found = [tuple(row[name] for name in names) for row in year.rules_of(when, flow)]
        return sorted((one for place, one in enumerate(found) if one not in found[:place]), key=str)
    year.expect("F-2 before it is applied", told("2026-02-01T08:00:00Z", "F-2", "standing", "since"), [("not_yet", None)])
    year.expect("F-2 applied", told(FEBRUARY, "F-2", "standing", "since", "since_by", "since_for"),
                [("applied", "2026-02-03T10:00:00Z", f"{USER}, approved by rssi", "CHG-2")])
    both = told(MARCH, "F-2", "ports", "since", "since_for", "created")
    year.expect("F-2 with another port", both, [(["tcp/22"], "2026-02-03T10:00:00Z", "CHG-2", "2026-02-03T10:00:00Z"),
                                                (["tcp/9200"], "2026-03-04T11:00:00Z", "CHG-3", "2026-02-03T10:00:00Z")])
    year.expect("F-2 with another owner", told(APRIL, "F-2", "owner", "changed"), [("anne@example.org", "2026-04-05T12:00:00Z")])
    year.expect("its rules all the same", told(APRIL, "F-2", "ports", "since", "since_for", "created"), both)
    year.expect("F-1 as ever", told(DECEMBER, "F-1", "standing", "since"), [("applied", "2026-01-10T09:00:00Z")])
    year.expect("F-3 in May", told(MAY, "F-3", "standing", "expires"), [("applied", "2026-05-31")])
    year.expect("F-3 over", told(JUNE, "F-3", "standing"), [])
    year.expect("F-2 where the laboratory is off line", told(AUGUST, "F-2", "device", "ports", "standing", "owner", "since"),
                [(LAB, ["tcp/22"], "no_longer_asked", "anne@example.org", "2026-02-03T10:00:00Z"),
                 (LAB, ["tcp/9200"], "no_longer_asked", "anne@example.org", "2026-03-04T11:00:00Z")])
    year.expect("F-2 caught up", told(SEPTEMBER, "F-2", "standing"), [])


def look_at_differences(year):
    opened, closed = "opened", "closed"
    lab, office = "lab.lan", "central.office"

    def between(before, after, packets, operations, flows):
        found, said, done, _ = year.diff(DECEMBER, before, after)
        year.expect(f"packets from {before} to {after}", found, packets)
        year.expect(f"operations from {before} to {after}", [one["ticket"] for one in done], operations)
        year.expect(f"flows from {before} to {after}", {flow: row["what"] for flow, row in said.items()}, flows)
    between(JANUARY, FEBRUARY, {(opened, lab, office, "tcp/22")}, ["CHG-2"], {"F-2": "added"})
    between(FEBRUARY, MARCH, {(opened, lab, office, "tcp/9200")}, ["CHG-3"], {"F-2": "changed"})
    between(MARCH, APRIL, set(), ["CHG-4"], {"F-2": "changed"})
    between(APRIL, MAY, {(opened, office, lab, "tcp/3389")}, ["CHG-5"], {"F-3": "added"})
    between(MAY, JUNE, {(closed, office, lab, "tcp/3389")}, ["CHG-6"], {})
    between(JUNE, JULY, {(opened, office, lab, "tcp/9100")}, ["CHG-7"], {"F-4": "added"})
    between(JULY, AUGUST, {(closed, lab, office, "tcp/22", "tcp/9200")}, ["CHG-8"], {"F-2": "removed"})
    between(AUGUST, SEPTEMBER, set(), ["REV-1", "CHG-9"], {})
    between(SEPTEMBER, DECEMBER, set(), [], {})
    between(JANUARY, DECEMBER, {(opened, office, lab, "tcp/9100")}, [*(f"CHG-{number}" for number in range(2, 9)), "REV-1", "CHG-9"], {"F-3": "added", "F-4": "added"})
    _, _, done, packets = year.diff(DECEMBER, JUNE, JULY)
    year.expect("the override", [one["override"] for one in done], ["G-2: agreed until December"])
    year.expect("who opened it", packets[0]["operations"], [f"7 (2026-07-08T15:05:00Z, {USER}, CHG-7)"])
    _, said, _, _ = year.diff(DECEMBER, MARCH, APRIL)
    year.expect("what is said of F-2", said["F-2"]["fields"],
                {"en": "next review: 2026-12-01\nowner: paul@example.org -> anne@example.org",
                 "fr": "prochaine revue : 2026-12-01\nresponsable : paul@example.org -> anne@example.org"})


def look_back(year):
    """Of each month what it reported, byte for byte."""
    for when, reports in year.reported.items():
        if when.startswith("2026-02-01"):
            continue  # what was written and not applied is nobody's past
        for kind, said in reports.items():
            year.expect(f"{kind} of {when}", year.run(DECEMBER, "report", kind, "--format", "json", "--at", when), said)
    year.expect("by a date", json.loads(year.run(DECEMBER, "report", "flows", "--format", "json", "--at", "2026-03-31"))["chapters"],
                json.loads(year.reported[MARCH]["flows"])["chapters"])
    year.run(DECEMBER, "report", "flows", "--at", "2025-12-31", status=1)
    year.run(DECEMBER, "log", "--verify")


def main():
    global USER
    with tempfile.TemporaryDirectory() as folder:
        year = Year(sys.argv[1], folder)
        USER = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        live_through(year)
        look_at_flows(year)
        look_at_controls(year)
        look_at_rules(year)
        look_at_reviews(year)
        look_at_differences(year)
        look_back(year)
        print(f"{year.checks} checks of {len(year.reported)} months' reports")


try:
    main()
except Wrong as wrong:
    sys.exit(f"history: {wrong}")

#!/usr/bin/python3
"""Reports of the reference networks, by the program itself: each format and language, twice with the same bytes; the table of
permitted ports to the letter; what somebody else did in the simulated cloud.

  tests/report/reports.py CLOISON FOLDER [--full]     writes into FOLDER as NAME.en.csv and so on, for those that read back

The small size has one network. The last line counts.
"""
import csv
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS, LANGUAGES = ("rules", "flows", "matrix", "compliance", "continuity", "inventory"), ("en", "fr")
FORMATS = ("csv", "xlsx", "html", "json", "markdown")
# Of the reference network: who has the hub's addresses only while the other one fails.
STANDS_BY, STANDS_IN_FOR = "central.node/central-2", "central.nodes.central-1"
# The reference document's table, section 6.2.
PORTS = [["Internet", "DMZ", "443", "HTTPS", "API FHIR"], ["DMZ", "App", "3001", "HTTP", "Internal API"],
         ["SIH", "DMZ", "2575", "MLLP/TLS", "HL7 V2"], ["App", "Data", "5432", "PostgreSQL", "Base FHIR"],
         ["App", "MSSanté", "587", "SMTP/TLS", "Messagerie"]]
NOW = {**os.environ, "CLOISON_NOW": "2026-11-22T10:00:00Z", "SIH_PSK": "x", "ADMIN_PSK": "x"}


def oscal_schema():
    """NIST's schema names letters and digits as Python's expressions do not."""
    text = (ROOT / "tests/report/schemas/oscal/assessment-results.json").read_text(encoding="utf-8")
    return jsonschema.Draft7Validator(json.loads(text.replace(r"\\p{L}", r"[^\\W\\d_]").replace(r"\\p{N}", r"\\d")))


OSCAL = oscal_schema()


class Wrong(Exception):
    pass


class Reports:
    def __init__(self, program, folder):
        self.program, self.folder, self.files = program, folder, 0

    def run(self, *words, cwd=ROOT, status=0):
        done = subprocess.run([self.program, *words], cwd=cwd, env=NOW, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=600)
        if done.returncode != status:
            raise Wrong(f"cloison {' '.join(map(str, words))}: status {done.returncode}\n{done.stderr.decode()[-2000:]}")
        return done.stdout

    def of_network(self, network, pdf):
        for kind in KINDS:
            for language in LANGUAGES:
                for form in FORMATS + (("pdf",) if pdf else ()):
                    name = self.folder / f"{network}-{kind}.{language}.{'md' if form == 'markdown' else form}"
                    again = pathlib.Path(f"{name}.again")
                    for path in (name, again):
                        self.run("report", kind, "-t", f"inventories/{network}", "--format", form, "--lang", language, "-o", path)
                    if name.read_bytes() != again.read_bytes():
                        raise Wrong(f"{name.name} has other bytes the second time")
                    if name.stat().st_mode & 0o077:
                        raise Wrong(f"{name.name} is for everybody to read")
                    again.unlink()
                    self.files += 1

    def permitted_ports(self):
        table = list(csv.reader(io.StringIO((self.folder / "pfi-flows.fr.csv").read_text(encoding="utf-8-sig"), newline="")))
        header = next(i for i, row in enumerate(table) if row[:5] == ["Source", "Destination", "Port", "Protocole", "Usage"])
        state = table[header].index("État")
        end = next((i for i in range(header, len(table)) if not table[i]), len(table))
        rows = [row[:5] for row in table[header + 1:end] if row[state] == "en vigueur"]
        if rows != PORTS:
            raise Wrong(f"the permitted ports are {rows}")

    def strangers(self):
        """One rule more in a group and one less: each is told, and nothing else."""
        with tempfile.TemporaryDirectory() as place:
            network = pathlib.Path(place, "pfi")
            shutil.copytree(ROOT / "inventories/pfi", network)
            self.run("apply", "--sandbox", "--yes", "-q", cwd=network)
            told = self.live(network)
            if set(told) - {"yes"}:
                raise Wrong(f"after an apply: {sorted(set(told))}")
            self.intended(network, "found", set())
            rules = [json.loads(line) for line in self.run("sandbox", "list", "security_group_rule", "--json", cwd=network).decode().splitlines()]
            first = next(one for one in rules if one["type"] == "object" and one["address"])
            group = json.loads(first["attributes"]["group"])
            self.run("sandbox", "add", "security_group_rule", f"group={group}", "direction=in", "family=ipv4", "protocol=tcp", "port_min=22",
                     "port_max=22", "remote_prefix=0.0.0.0/0", cwd=network)
            self.run("sandbox", "rm", first["address"], cwd=network)
            told = self.live(network)
            if told.count("unauthorised") != 1 or told.count("no") != 1:
                raise Wrong(f"one rule more and one less: {[word for word in told if word != 'yes']}")
            self.intended(network, "contradicted", {"5.23", "8.9"})

    def intended(self, network, wanted, controls):
        """What compliance says of rules that are there as intended, and which controls of a framework are contradicted by it."""
        report = json.loads(self.run("report", "compliance", "--live", "--framework", "iso-27001", "--sandbox", "--format", "json", cwd=network))
        rows = {part["id"]: part["rows"] for chapter in report["chapters"] for part in chapter["parts"] if part["part"] == "table"}
        found = next(row["status"] for row in rows["evidence"] if row["looked_at"] == "as-intended")
        against = {row["control"] for row in rows["controls-iso-27001"] if row["status"] == "contradicted" and "as-intended" in row["looked_at"]}
        if (found, against) != (wanted, controls):
            raise Wrong(f"rules as intended are {found}, and contradict {sorted(against)}")

    def oscal(self, network):
        """Valid by NIST's schema, and a finding for each control of which something is known."""
        text = self.run("report", "compliance", "-t", f"inventories/{network}", "--format", "oscal")
        if text != self.run("report", "compliance", "-t", f"inventories/{network}", "--format", "oscal"):
            raise Wrong("OSCAL has other bytes the second time")
        document = json.loads(text)
        problem = next(OSCAL.iter_errors(document), None)
        if problem is not None:
            raise Wrong(f"OSCAL of {network}: {problem.json_path}: {problem.message[:200]}")
        broken = json.loads(text)
        broken["assessment-results"]["results"][0]["uuid"] = "none"
        if OSCAL.is_valid(broken):
            raise Wrong("the schema takes anything for a UUID")
        report = json.loads((self.folder / f"{network}-compliance.en.json").read_text(encoding="utf-8"))
        known = sum(row["status"] in ("found", "contradicted") for chapter in report["chapters"] for part in chapter["parts"]
                    if part["part"] == "table" and part["id"].startswith("controls-") for row in part["rows"])
        findings = sum(len(result.get("findings", [])) for result in document["assessment-results"]["results"])
        if known != findings or not known:
            raise Wrong(f"{findings} findings of {known} controls")

    def reasons_in_french(self):
        """Whatever is not applied is told in both languages."""
        told = 0
        for network in ("pfi", "audioprothese", "labanalyse"):
            report = json.loads(self.run("report", "rules", "-t", f"inventories/{network}", "--format", "json"))
            for part in (part for chapter in report["chapters"] for part in chapter["parts"] if part["part"] == "paragraph"):
                english, french = part["text"]["en"], part["text"]["fr"]
                if not english.startswith("Not applied: "):
                    continue
                told += 1
                reason = english.split(": ", 2)[2]
                if french.endswith(reason):
                    raise Wrong(f"{network}: no French for: {reason}")
        if told < 3:
            raise Wrong(f"only {told} things that are not applied")

    def simulated(self):
        """No report of the simulator passes for one of a network that exists."""
        with tempfile.TemporaryDirectory() as place:
            network = pathlib.Path(place, "pfi")
            shutil.copytree(ROOT / "inventories/pfi", network)
            self.run("apply", "--sandbox", "--yes", "-q", cwd=network)
            for kind in KINDS:
                report = json.loads(self.run("report", kind, "--sandbox", "--format", "json", cwd=network))
                if "SANDBOX" not in report["title"]["en"] or report["facts"][0]["name"]["en"] != "Sandbox":
                    raise Wrong(f"report {kind} of the simulator does not say so: {report['title']}")
                if "SANDBOX" in json.dumps(json.loads(self.run("report", kind, "--format", "json", cwd=network))):
                    raise Wrong(f"report {kind} of what is real says that it is simulated")
            document = json.loads(self.run("report", "compliance", "--sandbox", "--format", "oscal", cwd=network))["assessment-results"]
            if "SANDBOX" not in document["metadata"]["title"] or "simulated" not in document["metadata"]["remarks"]:
                raise Wrong("OSCAL of the simulator does not say so")
            rows = list(csv.DictReader(io.StringIO(self.run("report", "rules", "--sandbox", "--format", "csv", cwd=network).decode("utf-8-sig"), newline="")))
            if not rows or any(row.get("Account") not in (None, "sandbox") for row in rows):
                raise Wrong("a table of the simulator has rules of a real account")

    def analysed(self):
        """Of the reference network with two nodes at its hub: who needs which rule, and what the second node's rules are for."""
        rows = self.table("report", "rules", "-t", "inventories/labanalyse", "--failures", "--format", "json")
        words = {"all", "nothing", "too_complex", "not_analysed", None}
        for row in rows:
            if not isinstance(row["alone"], list) and row["alone"] not in words:
                raise Wrong(f"{row['id']} alone decides {row['alone']!r}")
            if row["analysis"] in ("shadowed", "never") and row["alone"] != "nothing":
                raise Wrong(f"{row['id']} is {row['analysis']}, and alone decides {row['alone']!r}")
            ours = not row["flow"] or row["flow"].startswith("S-")  # which the linter does not call redundant
            if row["analysis"] == "no_finding" and row["alone"] == "nothing" and not ours:
                raise Wrong(f"{row['id']} has no finding, and decides nothing alone: {row['native']}")
            if row["use"] != "not_known":
                raise Wrong(f"{row['id']} is {row['use']}, and nobody was asked")
        standing_by = [row for row in rows if row["device"] == STANDS_BY and isinstance(row["failures"], list)]
        if not standing_by:
            raise Wrong(f"no rule of {STANDS_BY} matters in any failure")
        for row in standing_by:
            if not any(STANDS_IN_FOR in failure for failure in row["failures"]):
                raise Wrong(f"{row['id']} of {STANDS_BY} matters in {row['failures']}")
        return len(rows)

    def table(self, *words, cwd=ROOT):
        report = json.loads(self.run(*words, cwd=cwd))
        return [row for chapter in report["chapters"] for part in chapter["parts"] if part["part"] == "table" for row in part["rows"]]

    def live(self, network):
        report = json.loads(self.run("report", "rules", "--live", "--sandbox", "--format", "json", cwd=network))
        return [row["live"] for chapter in report["chapters"] for part in chapter["parts"] if part["part"] == "table" for row in part["rows"]
                if row["policy"] != "platform" and row["provider"] == "host"]


def main():
    program, folder, full = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]), "--full" in sys.argv
    reports = Reports(program, folder)
    try:
        for network in ("pfi", "audioprothese", "labanalyse") if full else ("pfi",):
            reports.of_network(network, pdf=full or network == "pfi")
            reports.oscal(network)
        reports.permitted_ports()
        reports.strangers()
        reports.reasons_in_french()
        reports.simulated()
        reports.analysed()
    except Wrong as why:
        print(f"reports: {why}", file=sys.stderr)
        return 1
    print(f"{reports.files} reports, each written twice with the same bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

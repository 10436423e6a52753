#!/usr/bin/python3
"""Evidence packs of a network with a history, from outside: made by `cloison report evidence`, checked by `cloison report check`
and by the commands of their own README, opened by tests/report/packs.py, which knows nothing of cloison.

    tests/report/making.py CLOISON

The network is LabAnalyse, with devices whose owners have names that are hard to find: in quotes, with accents, and gone by the
second pack. The last line counts.
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import stat
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import packs  # noqa: E402
from authority import Authority  # noqa: E402
from checks import end, expect  # noqa: E402
from pack import by_hand  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[2]
APPLIED, FIRST, CHANGED, SECOND, THIRD = (f"2026-{month:02}-10T09:00:00Z" for month in (1, 2, 3, 4, 5))
SECRET = "not-to-be-packed-4711"
PEOPLE = ['Zoé "Zaza" Müller-Dupont', "Carole d'Aubigné", "jean.petit@labanalyse.example"]


class Bench:
    """A folder with a topology in `net`, its state, keys and packs."""

    def __init__(self, folder, cloison):
        self.folder, self.cloison = folder, cloison
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "VENDOR_PSK": SECRET}
        packs.write_pair(folder)
        packs.write_pair(folder, "theirs", "other-key.pem", "other.pem")

    def run(self, when, *words, status=0, inside=None, **more):
        done = subprocess.run([str(word) for word in (self.cloison, *words)], cwd=inside or self.folder, stdin=subprocess.DEVNULL,
                              env={**self.environment, "CLOISON_NOW": when, **more}, capture_output=True, text=True,
                              errors="replace", timeout=300)
        expect(done.returncode == status, f"cloison {' '.join(map(str, words))}: {done.returncode}, not {status}: {done.stderr[:900]}")
        return done

    def make(self, when, name, *words, net="net", status=0, **more):
        return self.run(when, "report", "evidence", "-t", net, "--sandbox", "-o", name, "--key", "key.pem", *words, status=status, **more)

    def refused(self, when, code, *words, status=1):
        before = self.log()
        done = self.make(when, "refused.tar.gz", *words, status=status)
        expect(f"[{code}]" in done.stderr and "hint:" in done.stderr, f"{words}: {code}: {done.stderr[:400]}")
        left = [one for one in os.listdir(self.folder) if "refused.tar.gz" in one]
        expect(not left and self.log() == before, f"{words}: it leaves nothing: {left}")

    def log(self, net="net"):
        with sqlite3.connect(f"file:{self.folder}/{net}/.cloison/sandbox/state.db?mode=ro", uri=True) as state:
            return state.execute("select count(*) from log").fetchone()[0]

    def check(self, name, *words, status=0, key="public.pem"):
        return self.run(THIRD, "report", "check", name, "--key", key, "-v", *words, status=status)

    def parts(self, name):
        return packs.read((self.folder / name).read_bytes())

    def data(self, name):
        return (self.folder / name).read_bytes()

    def refused_check(self, parts, code, path, what):
        (self.folder / "altered.tar.gz").write_bytes(packs.archive(parts))
        done = self.check("altered.tar.gz", status=3)
        expect(f"[{code}]" in done.stderr and path in done.stderr, f"{what}: {code} naming {path}: {done.stderr[:300]}")


def holding(parts, path):
    return packs.part(parts, path).data.decode()


def write_network(bench):
    net = bench.folder / "net"
    shutil.copytree(SOURCE / "inventories/labanalyse", net, ignore=shutil.ignore_patterns(".*", "cloison.lock"))
    tablets = net / "tablets.csv"
    rows = tablets.read_text().splitlines()
    rows[1] = rows[1].rsplit(";", 1)[0] + ';"' + PEOPLE[0].replace('"', '""') + '"'
    site, _, key, _ = rows[2].split(";")
    rows[2] = ";".join((site, "carole-s-tablet", key, PEOPLE[1]))
    rows[3] = rows[3].rsplit(";", 1)[0] + ";" + PEOPLE[2]
    tablets.write_text("\n".join(rows) + "\n")
    flows = net / "flows.yaml"
    flows.write_text(flows.read_text() + f"# {PEOPLE[2]} asked for it\n")


def people_of(bench):
    """Names and owners, also those that are gone."""
    rows = [row.split(";") for row in (bench.folder / "net/tablets.csv").read_text().splitlines()[1:]]
    return {row[1] for row in rows} | {row[3] for row in rows if not row[3].startswith('"')} | set(PEOPLE) | {"carole-s-tablet"}


def told(parts, name):
    """Where a name stands as words of its own, in any of the ways to write it."""
    ways = {name, name.replace('"', '""'), name.replace("'", "''"), json.dumps(name)[1:-1], json.dumps(name, ensure_ascii=False)[1:-1],
            name.replace('"', "&quot;").replace("'", "&#39;"), json.dumps(name.replace('"', '\\"'))[1:-1]}
    found = set()
    for way in ways:
        pattern = re.compile(rb"(?<![A-Za-z0-9\x80-\xff])" + re.escape(way.encode()) + rb"(?![A-Za-z0-9\x80-\xff])")
        found |= {part.path for part in parts if pattern.search(part.data) or pattern.search(part.path.encode())}
    return found


def live_through(bench):
    bench.run(APPLIED, "apply", "-t", "net", "--sandbox", "--yes", "-q", "--ticket", "CHG-1")
    bench.make(FIRST, "one.tar.gz")
    bench.log_after_one = bench.log()


def change(bench):
    net = bench.folder / "net"
    flows = (net / "flows.yaml").read_text()
    line = next(line for line in flows.splitlines() if "F-014" in line)
    (net / "flows.yaml").write_text(flows.replace(line, line + "\n" + line.replace("F-014", "F-914").replace("[https]", "[ssh]")))
    tablets = net / "tablets.csv"
    tablets.write_text("".join(row for row in tablets.read_text().splitlines(True) if "carole-s-tablet" not in row))
    bench.run(CHANGED, "apply", "-t", "net", "--sandbox", "--yes", "-q", "--ticket", "CHG-2")


def first(bench):
    parts = bench.parts("one.tar.gz")
    names = {part.path for part in parts}
    for path in ("ABOUT.en.txt", "ABOUT.fr.txt", "cloison.lock", "live/HOW.en.txt", "live/HOW.fr.txt", "log/chain.json", "log/entries.jsonl",
                 "plan/plan.jsonl", "plan/plan.txt", "proof/METHOD.en.txt", "proof/METHOD.fr.txt", "proof/verify.jsonl", "proof/verify.txt",
                 "reports/rules.json", "topology/flows.yaml", "topology/tablets.csv", "topology/topology.yaml",
                 *(f"reports/{kind}.{language}.{form}" for kind in ("rules", "flows", "matrix") for language in ("en", "fr")
                   for form in ("csv", "html", "md"))):
        expect(path in names, f"{path} is in it")
    good = bench.check("one.tar.gz")
    expect("number 1" in good.stdout and "the first pack" in good.stdout and good.stderr == "", f"it is good: {good.stdout}{good.stderr}")
    for readme in ("README.txt", "LISEZMOI.txt"):
        wrong = by_hand(bench, "one.tar.gz", readme)
        expect(wrong is None, f"{readme} by hand: {wrong}")
    expect(stat.S_IMODE((bench.folder / "one.tar.gz").stat().st_mode) == 0o600, "0600")
    expect(not [one for one in os.listdir(bench.folder) if one.endswith(".part")], "nothing lies beside it")
    expect(holding(parts, "cloison.lock").count("\n") > 50 and "No changes" in holding(parts, "plan/plan.txt"), "lock and plan")
    for line in holding(parts, "plan/plan.jsonl").splitlines() + holding(parts, "proof/verify.jsonl").splitlines():
        json.loads(line)
    guarantees = [one for one in map(json.loads, holding(parts, "proof/verify.jsonl").splitlines()) if one["type"] == "guarantee"]
    expect(len(guarantees) > 2 and {one["verdict"] for one in guarantees} == {"proved"}, "the proof's verdicts are in it")


def the_same(bench):
    one = bench.data("one.tar.gz")
    again = bench.make(FIRST, "again.tar.gz")
    expect(bench.data("again.tar.gz") == one and "tells of this pack already" in again.stdout, "made twice: the same bytes")
    expect(bench.log() == bench.log_after_one, "and recorded once")
    done = subprocess.run([bench.cloison, "report", "evidence", "--sandbox", "-o", bench.folder / "there.tar.gz", "--key", bench.folder / "key.pem"],
                          cwd=bench.folder / "net", env={**bench.environment, "CLOISON_NOW": FIRST, "TZ": "Asia/Tokyo", "LANG": "C"},
                          capture_output=True, text=True, timeout=300)
    expect(done.returncode == 0 and bench.data("there.tar.gz") == one, f"the same in another folder and time zone: {done.stderr[:300]}")
    sign = "openssl pkeyutl -sign -rawin -inkey key.pem -in /dev/stdin"
    bench.run(FIRST, "report", "evidence", "-t", "net", "--sandbox", "-o", "program.tar.gz", "--key", "public.pem", "--sign-with", sign)
    expect(bench.data("program.tar.gz") == one, "a program signs the same")


def personal(bench, parts, what):
    for name in sorted(people_of(bench)):
        found = told(parts, name)
        expect(not found, f"{what}: {name!r} stands in {sorted(found)[:4]}")
    with sqlite3.connect(f"file:{bench.folder}/net/.cloison/sandbox/state.db?mode=ro", uri=True) as state:
        columns = [row[1] for row in state.execute("pragma table_info(head)")]
        head = dict(zip(columns, state.execute("select * from head").fetchone()))
    keys = {SECRET, *(bytes(head["key"]).hex() if isinstance(head["key"], bytes) else head["key"],)}
    keys |= {line for line in (bench.folder / "key.pem").read_text().splitlines() if not line.startswith("-")}
    secrets = {secret.encode() for secret in keys} | ({head["key"]} if isinstance(head["key"], bytes) else set())
    holders = [part.path for part in parts if any(secret in part.data for secret in secrets)]
    expect(len(secrets) >= 3 and not holders, f"{what}: no secret is in it: {holders[:4]}")


def seals(parts, before):
    """Recomputes the chain; how many entries could be."""
    chain = json.loads(holding(parts, "log/chain.json"))
    expect(chain["seal_before"] == before if before else chain["first"] == 1, "it begins where the one before ended")
    former, computed, wrong = bytes.fromhex(chain["seal_before"]), 0, []

    def text(data):
        return struct.pack("<Q", len(data)) + data
    entries = [json.loads(line) for line in holding(parts, "log/entries.jsonl").splitlines()]
    for number, entry in enumerate(entries, chain["first"]):
        if entry["number"] != number:
            wrong.append(number)
        digest = hashlib.sha256(text(b"entry") + text(former) + struct.pack("<QQ", entry["number"], entry["serial"]) +
                                text(entry["kind"].encode()) + text(entry["operation"].encode()) + struct.pack("<Q", entry["when"]) +
                                text(entry["body"].encode())).hexdigest()
        if not entry["pseudonyms"]:
            computed += 1
            wrong += [] if digest == entry["seal"] else [number]
        former = bytes.fromhex(entry["seal"])
    expect(not wrong, f"each entry and its seal: {wrong[:4]}")
    expect(former.hex() == chain["seal"] and chain["last"] == chain["first"] + len(entries) - 1, "it ends with its last seal")
    return entries, computed


def second(bench):
    bench.make(SECOND, "two.tar.gz", "--previous", "one.tar.gz")
    good = bench.check("two.tar.gz", "--previous", "one.tar.gz")
    expect("Chain: follows number 1" in good.stdout, f"the second follows the first: {good.stdout}")
    one, two = bench.parts("one.tar.gz"), bench.parts("two.tar.gz")
    entries, computed = seals(one, None)
    expect(0 < computed < len(entries), "some entries of the first have names")
    entries, _ = seals(two, json.loads(holding(one, "log/chain.json"))["seal"])
    made = [json.loads(entry["body"]) for entry in entries if entry["kind"] == "pack_made"]
    expect([(one_made["number"], one_made["manifest_sha256"]) for one_made in made] ==
           [(1, packs.digest(packs.part(one, "MANIFEST.sha256").data))], "the second's log tells of the first")
    expect(entries[0]["kind"] == "operation_started" and '"report evidence"' in entries[0]["body"], "from where the first ended")
    difference = json.loads(holding(two, "diff/diff.json"))
    text = json.dumps(difference)
    expect("F-914" in text and "CHG-2" in text and "opened" in text, "the difference names flow and ticket")
    pseudonym = {part.path: set(re.findall(rb"\bp-[0-9a-f]{12}\b", part.data)) for part in one + two}
    expect(len(pseudonym["topology/tablets.csv"]) > 2, "pseudonyms stand in the table")
    first_names = set(re.findall(r"\bp-[0-9a-f]{12}\b", holding(one, "topology/tablets.csv")))
    second_names = set(re.findall(r"\bp-[0-9a-f]{12}\b", holding(two, "topology/tablets.csv")))
    expect(second_names < first_names, "the same in both packs, without those that are gone")
    personal(bench, one, "the first")
    personal(bench, two, "the second")
    bench.make(SECOND, "same.tar.gz", "--previous", "one.tar.gz")
    expect(bench.data("same.tar.gz") == bench.data("two.tar.gz"), "the second twice: the same bytes")


def in_the_past(bench):
    """--at makes again what is asked for, whenever it is."""
    shutil.copytree(bench.folder / "net", bench.folder / "past", symlinks=True)
    for name, when in (("then", SECOND), ("later", THIRD)):
        bench.make(when, f"{name}.tar.gz", "--at", "2026-02-10", "--again", net="past")
    expect(bench.data("then.tar.gz") == bench.data("later.tar.gz"), "of a date: the same bytes at any time")
    parts = bench.parts("later.tar.gz")
    expect(json.loads(holding(parts, "manifest.json"))["as_of"] == "2026-02-10T23:59:59Z", "as of the end of the day")
    expect("F-914" not in holding(parts, "topology/flows.yaml") and "plan/plan.txt" not in {part.path for part in parts},
           "with the topology of then, and no plan")
    expect("carole-s-tablet" not in holding(parts, "topology/tablets.csv") and len(seals(parts, None)[0]) > 3, "and the log until then")
    personal(bench, parts, "the past")
    bench.check("later.tar.gz")
    bench.make(THIRD, "clear.tar.gz", "--names", "--again", net="past")
    clear = bench.parts("clear.tar.gz")
    for name in PEOPLE:
        expect(told(clear, name), f"with --names {name!r} is there")
    entries, computed = seals(clear, None)
    expect(computed == len(entries), "and each seal can be computed")


def guarded_chain(bench):
    bench.refused(SECOND, "CL7120")
    bench.refused(THIRD, "CL7121", "--previous", "one.tar.gz")
    bench.refused(THIRD, "CL7120", "--previous", "then.tar.gz")
    bench.refused(THIRD, "CL6001", "--previous", "two.tar.gz", "--sign-with", "openssl 'open")
    bench.refused(THIRD, "CL7120", "--previous", "two.tar.gz", "--at", "2026-02-10")
    parts = bench.parts("two.tar.gz")
    packs.part(parts, "log/entries.jsonl").data += b"{}\n"
    (bench.folder / "altered.tar.gz").write_bytes(packs.archive(parts))
    bench.refused(THIRD, "CL7113", "--previous", "altered.tar.gz", status=3)
    packs.list_and_sign(parts, bench.folder / "key.pem")
    (bench.folder / "altered.tar.gz").write_bytes(packs.archive(parts))
    bench.refused(THIRD, "CL7120", "--previous", "altered.tar.gz")
    before = bench.log()
    bench.make(THIRD, "folder-that-is-not-there/x.tar.gz", "--previous", "two.tar.gz", status=1)
    expect(bench.log() == before, "what cannot be written is not recorded")
    bench.make(THIRD, "two.tar.gz", "--previous", "two.tar.gz", status=1)
    bench.check("two.tar.gz", "--previous", "one.tar.gz")
    done = bench.run(THIRD, "report", "evidence", "-t", "net", "--sandbox", "-o", "three.tar.gz", "--key", "other-key.pem", "--previous",
                     "two.tar.gz", "--json")
    line = next(line for line in map(json.loads, done.stdout.splitlines()) if line["type"] == "evidence")
    expect(line["number"] == 3 and line["recorded"] and line["holds"], f"another key goes on: {line}")
    bench.check("three.tar.gz", "--previous", "two.tar.gz", key="other.pem")
    bench.refused(THIRD, "CL7121", "--previous", "two.tar.gz", "--names")
    bench.make(THIRD, "three-b.tar.gz", "--previous", "two.tar.gz", "--again")
    bench.make(THIRD, "four.tar.gz", "--previous", "three-b.tar.gz")
    entries, _ = seals(bench.parts("four.tar.gz"), json.loads(holding(bench.parts("three-b.tar.gz"), "log/chain.json"))["seal"])
    made = [json.loads(entry["body"])["number"] for entry in entries if entry["kind"] == "pack_made"]
    expect(made == [3, 3], f"a number that was made twice shows in the next: {made}")
    for name, before in (("four", "two"), ("two", "two"), ("four", "three")):
        done = bench.check(f"{name}.tar.gz", "--previous", f"{before}.tar.gz", status=3)
        expect("[CL7116]" in done.stderr, f"{name} after {before} is refused")
    bench.run(THIRD, "log", "-t", "net", "--sandbox", "--verify")


def tampered(bench):
    parts = bench.parts("two.tar.gz")
    for path in ("log/entries.jsonl", "reports/rules.en.csv", "topology/tablets.csv", "proof/verify.txt", "README.txt"):
        other = bench.parts("two.tar.gz")
        data = bytearray(packs.part(other, path).data)
        data[len(data) // 2] ^= 1
        packs.part(other, path).data = bytes(data)
        bench.refused_check(other, "CL7113", path, f"a byte of {path}")
        other = [part for part in parts if part.path != path]
        bench.refused_check(other, "CL7114", path, f"without {path}")
    other = bench.parts("two.tar.gz")
    a, b = packs.part(other, "reports/rules.en.csv"), packs.part(other, "reports/rules.fr.csv")
    a.data, b.data = b.data, a.data
    bench.refused_check(other, "CL7113", "reports/rules.fr.csv", "two files swapped")
    added = packs.Part("reports/rules.en.csv.old", b"x", mtime=parts[0].mtime)
    other = sorted(bench.parts("two.tar.gz") + [added], key=lambda part: part.path.encode())
    bench.refused_check(other, "CL7114", "reports/rules.en.csv.old", "a file added")
    packs.list_and_sign(other, bench.folder / "other-key.pem")
    bench.refused_check(other, "CL7112", "MANIFEST.sha256.sig", "signed by another")


def stamped(bench):
    shutil.copytree(bench.folder / "net", bench.folder / "stamped", symlinks=True)
    with Authority(bench.folder) as authority:
        bench.make(THIRD, "stamped.tar.gz", "--previous", "four.tar.gz", "--tsa", authority.url, net="stamped", SSL_CERT_FILE="web-ca.pem")
        good = bench.check("stamped.tar.gz", "--previous", "four.tar.gz", "--tsa-ca", "tsa-ca.pem")
        expect("CN=Test TSA" in good.stdout, "a timestamp is in it")
        before = bench.log("stamped")
        done = bench.make(THIRD, "none.tar.gz", "--previous", "stamped.tar.gz", "--tsa", authority.url, net="stamped", status=1)
        expect("[CL7105]" in done.stderr and not (bench.folder / "none.tar.gz").exists() and bench.log("stamped") == before,
               "without its timestamp nothing is made or recorded")


def read_live(bench):
    bench.make(THIRD, "live.tar.gz", "--previous", "four.tar.gz", "--live")
    parts = bench.parts("live.tar.gz")
    dumps = [part for part in parts if part.path.startswith("live/") and part.path.endswith(".json")]
    expect(len(dumps) > 20 and all(json.loads(part.data) is not None for part in dumps), f"{len(dumps)} dumps")
    names = {part.path for part in parts}
    expect({"proof/live.txt", "proof/live.jsonl", "reports/rules-live.en.csv"} <= names, "proof and rules by what is there")
    rules = [row for chapter in json.loads(holding(parts, "reports/rules-live.json"))["chapters"] for part in chapter["parts"]
             for row in part.get("rows", []) if "live" in row]
    expect(len(rules) > 100 and {row["live"] for row in rules} == {"yes"}, f"{len(rules)} rules are as intended")
    personal(bench, parts, "what was read")
    bench.make(THIRD, "live-again.tar.gz", "--previous", "four.tar.gz", "--live")
    expect(bench.data("live.tar.gz") == bench.data("live-again.tar.gz"), "what was read twice is the same")
    bench.check("live.tar.gz", "--previous", "four.tar.gz")


def hostile_names(bench):
    """Files of a topology that packs call otherwise."""
    odd = bench.folder / "odd"
    shutil.copytree(SOURCE / "tests/golden/program_files/clinic", odd, ignore=shutil.ignore_patterns(".cloison", "cloison.lock"))
    (bench.folder / "outside.yaml").write_text("ports: {outside: tcp/9101}\n")
    written = {"réseau nord.yaml": 9001, "-rf.yaml": 9002, "Ports.yaml": 9003, "ports.yaml": 9004, "a\nb.yaml": 9005, "x\u202ey.yaml": 9006,
               "a..yaml": 9007, "$(touch x).yaml": 9008, "'quoted\".yaml": 9009}
    for number, (name, port) in enumerate(written.items()):
        (odd / name).write_text(f"ports: {{port-{number}: tcp/{port}}}\n")
    bench.run(APPLIED, "apply", "-t", "odd", "-f", "outside.yaml", "--sandbox", "--yes", "-q")
    bench.make(FIRST, "odd.tar.gz", "-f", "outside.yaml", net="odd")
    bench.check("odd.tar.gz")
    parts = bench.parts("odd.tar.gz")
    for port in [*written.values(), 9101]:
        holders = [part.path for part in parts if part.path.startswith("topology/") and b"tcp/%d" % port in part.data]
        expect(len(holders) == 1, f"the file with {port} is in it once: {holders}")
        expect(all(re.fullmatch(r"[A-Za-z0-9._+=@,/-]+", path) for path in holders), f"under a name that packs hold: {holders}")
    told_names = [one["what"] for one in json.loads(holding(parts, "manifest.json"))["files"]]
    expect(any("réseau nord.yaml" in what for what in told_names) and any("../outside.yaml" in what for what in told_names),
           "and manifest.json says what it was called")
    expect(by_hand(bench, "odd.tar.gz", "README.txt") is None, "by hand")


def main(cloison):
    with tempfile.TemporaryDirectory(prefix="cloison-evidence-") as folder:
        bench = Bench(pathlib.Path(folder), pathlib.Path(cloison).resolve())
        write_network(bench)
        live_through(bench)
        first(bench)
        the_same(bench)
        change(bench)
        second(bench)
        in_the_past(bench)
        guarded_chain(bench)
        tampered(bench)
        stamped(bench)
        read_live(bench)
        hostile_names(bench)
    end()


main(*sys.argv[1:])

#!/usr/bin/python3
"""Evidence packs from outside: checked with the commands of their own README, which know nothing of cloison; changed in
every way, each of which `cloison report check` must refuse by the name of the file; stamped by openssl behind HTTPS.

    tests/report/pack.py CLOISON MAKE_PACK
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import packs  # noqa: E402
from authority import Authority  # noqa: E402
from checks import end, expect  # noqa: E402

LISTS = ("MANIFEST.sha256", "MANIFEST.sha256.sig")


class Bench:
    """A folder with keys and packs, and the programs that are run in it."""

    def __init__(self, folder, cloison, maker):
        self.folder, self.cloison, self.maker = folder, cloison, maker
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
        packs.write_pair(folder)
        packs.write_pair(folder, "theirs", "other-key.pem", "other.pem")
        entries = {"topology/topology.yaml": b"cloison: 1\nname: clinic\n", "live/ovh.json": b"[1, 2, 3]\n" * 400,
                   "log/since.jsonl": b'{"number": 1}\n', "reports/rules.csv": b"id;from;to\nF-1;app;data\n",
                   "reports/empty.txt": b"", "proof/" + "long-" * 17 + "/" + "name-" * 15 + ".json": b"{}\n"}
        self.entries = []
        for number, (path, data) in enumerate(entries.items()):
            (folder / f"in-{number}").write_bytes(data)
            self.entries.append(f"{path}=in-{number}")

    def run(self, *words, **more):
        return subprocess.run([str(word) for word in words], cwd=self.folder, env=self.environment | more, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=120)

    def make(self, name, previous="-", stamp="-", how=("key.pem",), entries=None, **more):
        made = self.run(self.maker, name, "clinic", "2026-11-22T10:00:00Z", previous, stamp, *how, "--", *(entries or self.entries),
                        **more)
        return made.returncode == 0, made.stderr

    def check(self, name, *words):
        return self.run(self.cloison, "report", "check", name, "--key", "public.pem", *words)

    def refused(self, data, code, naming, what, *words):
        (self.folder / "altered.tar.gz").write_bytes(data)
        said = self.check("altered.tar.gz", "-v", *words)
        expect(said.returncode == 3 and f"[{code}]" in said.stderr and naming in said.stderr and said.stdout == "",
               f"{what}: not refused by {code} naming {naming!r}: {said.returncode} {said.stderr[:400]}")
        expect("Traceback" not in said.stderr and said.stderr.count("hint:") == said.stderr.count("error["), f"{what}: hints")


def commands_of(readme):
    """What stands behind four blanks in a README, as it stands."""
    return [line[4:] for line in readme.split("\n") if line.startswith("    ")]


def by_hand(bench, archive, readme, change=None, stamped=False):
    """Runs a README's commands in a shell; the first that fails or says what it must not, None when all is well."""
    with tempfile.TemporaryDirectory(dir=bench.folder) as place:
        place = pathlib.Path(place)
        shutil.copy(bench.folder / archive, place / "PACK.tar.gz")
        shutil.copy(bench.folder / "public.pem", place / "key.pem")
        if stamped:
            shutil.copy(bench.folder / "tsa-ca.pem", place / "tsa-ca.pem")
        names = subprocess.run(["tar", "-xzOf", place / "PACK.tar.gz", readme], capture_output=True, text=True).stdout
        inside = place
        for command in commands_of(names):
            if command.startswith("openssl ts") and not stamped:
                continue
            if command.startswith("cd "):
                inside = place / "pack"
                if change:
                    change(inside)
                continue
            done = subprocess.run(["/bin/sh", "-c", command], cwd=inside, env=bench.environment, capture_output=True, text=True)
            said = done.stdout + done.stderr
            wrong = done.returncode != 0 or (command.startswith("find") and said) or \
                (command.startswith("openssl ts -verify") and "Verification: OK" not in said) or \
                (command.startswith("openssl pkeyutl") and "Verified Successfully" not in said)
            if wrong:
                return f"{command.split()[0]} {command.split()[1]}: {said.strip()[:300]}"
        return None


def made_and_checked(bench):
    expect(bench.make("one.tar.gz")[0] and bench.make("again.tar.gz")[0], "two packs are made")
    one, again = ((bench.folder / name).read_bytes() for name in ("one.tar.gz", "again.tar.gz"))
    expect(one == again, "the same pack is the same bytes")
    parts = packs.read(one)
    expect(packs.tar(parts) == packs.tar(packs.read(packs.archive(parts))) and packs.gzip(packs.tar(parts)) == one,
           "docs/evidence-pack.md gives the same bytes")
    expect(bench.make("program.tar.gz", how=("openssl pkeyutl -sign -rawin -inkey key.pem -in /dev/stdin", "public.pem"))[0]
           and (bench.folder / "program.tar.gz").read_bytes() == one, "a program signs the same")
    made, said = bench.make("none.tar.gz", how=("openssl pkeyutl -sign -rawin -inkey other-key.pem -in /dev/stdin", "public.pem"))
    expect(not made and "CL7103" in said and not (bench.folder / "none.tar.gz").exists(), "another key's program makes no pack")
    good = bench.check("one.tar.gz")
    expect(good.returncode == 0 and "as it was signed" in good.stdout and good.stderr == "", f"it is good: {good.stderr}")
    line = next(line for line in bench.check("one.tar.gz", "--json").stdout.split("\n") if '"pack"' in line)
    print_of_key = bench.run("sh", "-c", "openssl pkey -pubin -in public.pem -outform DER | sha256sum").stdout.split()[0]
    expect(json.loads(line)["good"] is True and json.loads(line)["fingerprint"] == print_of_key, "the fingerprint is openssl's")
    groups = " ".join(re.findall("....", print_of_key))
    shown = " ".join(bench.run(bench.cloison, "report", "key", "--key", "key.pem").stdout.split())
    expect(shown.startswith(groups), "report key prints it in groups")
    for readme in ("README.txt", "LISEZMOI.txt"):
        wrong = by_hand(bench, "one.tar.gz", readme)
        expect(wrong is None, f"{readme} by hand: {wrong}")
    tarred = subprocess.run(["tar", "-tzf", bench.folder / "one.tar.gz"], capture_output=True, text=True)
    expect(tarred.returncode == 0 and tarred.stderr == "" and tarred.stdout.split() == [one.path for one in parts], "GNU tar lists it")
    return one, parts


def changed_by_hand(bench):
    """What the README's commands find by themselves."""
    def edit(folder):
        with open(folder / "reports/rules.csv", "ab") as file:
            file.write(b"x")
    changes = {"sha256sum": edit, "find": lambda folder: (folder / "MANIFEST.sha256.old").write_bytes(b"x")}
    changes["openssl pkeyutl"] = lambda folder: (folder / "MANIFEST.sha256").write_bytes(b"")
    for program, change in changes.items():
        wrong = by_hand(bench, "one.tar.gz", "README.txt", change)
        expect(wrong is not None and wrong.startswith(program), f"by hand {program} finds it: {wrong}")


def places(size):
    return sorted({0, 1, size // 4, size // 2, size - 2, size - 1} & set(range(size)))


def tampered(bench, one):
    for index, whole in enumerate(packs.read(one)):
        path, listed = whole.path, whole.path not in LISTS
        for at in places(len(whole.data)):
            parts = packs.read(one)
            data = bytearray(whole.data)
            data[at] ^= 4
            parts[index].data = bytes(data)
            bench.refused(packs.archive(parts), "CL7113" if listed else "CL7112", path if listed else LISTS[1], f"byte {at} of {path}")
        parts = packs.read(one)
        del parts[index]
        bench.refused(packs.archive(parts), "CL7114" if listed else "CL7112", path, f"without {path}")
        other = packs.read(one)
        swap = other[(index + 1) % len(other)]
        other[index].data, swap.data = swap.data, other[index].data
        bench.refused(packs.archive(other), "CL7113" if listed and swap.path not in LISTS else "CL7112",
                      path if listed and swap.path not in LISTS else LISTS[1], f"{path} swapped with {swap.path}")
        parts = packs.read(one)
        parts.insert(index + 1, packs.Part(path + ".added", b"x"))
        bench.refused(packs.archive(parts), "CL7114", path + ".added", f"{path}.added")
        parts = packs.read(one)
        parts[index].mtime += 1
        bench.refused(packs.archive(parts), "CL7111", path, f"date of {path}")
        if whole.data:
            begin = packs.tar(packs.read(one)[:index + 1])[:-2 * packs.BLOCK]
            end = len(begin) - (-len(whole.data) % packs.BLOCK) - 1
            bench.refused(packs.gzip(begin[:end]), "CL7110", path, f"the tar ends within {path}")


def signed_otherwise(bench, one):
    parts = packs.read(one)
    packs.part(parts, LISTS[1]).data = packs.signature(packs.part(parts, LISTS[0]).data, bench.folder / "other-key.pem")
    bench.refused(packs.archive(parts), "CL7112", LISTS[1], "another key's signature")
    packs.part(parts, "reports/rules.csv").data += b"F-2;internet;data\n"
    packs.list_and_sign(parts, bench.folder / "other-key.pem")
    bench.refused(packs.archive(parts), "CL7112", LISTS[1], "listed and signed anew by another")
    packs.list_and_sign(parts, bench.folder / "key.pem")
    bench.refused(packs.archive(parts), "CL7115", "reports/rules.csv", "listed anew by the key, manifest.json left")
    packs.part(parts, LISTS[1]).data = b""
    bench.refused(packs.archive(parts), "CL7112", LISTS[1], "an empty signature")
    made = bench.make("theirs.tar.gz", how=("other-key.pem",))[0]
    expect(made, "a pack by another key is made")
    bench.refused((bench.folder / "theirs.tar.gz").read_bytes(), "CL7112", LISTS[1], "another key's pack")


def hostile(bench, one):
    for path, kind, link in (("../../etc/cron.d/x", b"0", b""), ("/etc/passwd", b"0", b""), ("zz", b"2", b"/etc/passwd"),
                             ("zz", b"1", b"README.txt"), ("zz", b"3", b""), ("zz/", b"5", b""), ("zz", b"6", b""),
                             ("zz", b"x", b""), ("README.TXT", b"0", b""), ("topology/topology.yaml", b"0", b"")):
        parts = packs.read(one) + [packs.Part(path, b"", kind, link=link)]
        bench.refused(packs.archive(parts), "CL7111", path, f"{path} of kind {kind.decode()}")
    tar = packs.tar(packs.read(one))
    bench.refused(packs.gzip(tar + b"\0" * 512), "CL7111", "after its end", "blocks behind the tar's end")
    bench.refused(packs.gzip(b"\0" * (1 << 20) + tar), "CL7111", "after its end", "an empty tar before it")
    bench.refused(one + b"x", "CL7110", "after its end", "bytes behind the gzip stream")
    bench.refused(one + one, "CL7110", "after its end", "two gzip streams")
    for cut in (0, 1, 10, 100, len(one) // 2, len(one) - 9, len(one) - 8, len(one) - 1):
        bench.refused(one[:cut], "CL7110", "the archive", f"cut after {cut} bytes")
    for at in range(0, len(one), max(1, len(one) // 60)):
        data = bytearray(one)
        data[at] ^= 16
        (bench.folder / "altered.tar.gz").write_bytes(bytes(data))
        said = bench.check("altered.tar.gz")
        expect(said.returncode == 3 and "error[CL71" in said.stderr, f"bit of the archive at {at}: {said.returncode}")
    bomb = packs.gzip(b"\0" * (1 << 30) + b"\0" * (1 << 20))
    bench.refused(bomb, "CL7110", "1024 MiB", f"a bomb of {len(bomb)} bytes")
    many = packs.gzip(packs.Part("x").header() * 20_001)
    bench.refused(many, "CL7110", "20000 files", "a bomb of files")
    expect(sorted(os.listdir(bench.folder)) == bench.listed, "nothing was unpacked")


def chained(bench, one):
    expect(bench.make("two.tar.gz", "one.tar.gz")[0] and bench.make("three.tar.gz", "two.tar.gz")[0], "packs are chained")
    for name, before in (("two", "one"), ("three", "two")):
        good = bench.check(f"{name}.tar.gz", "--previous", f"{before}.tar.gz")
        expect(good.returncode == 0 and "Chain: follows" in good.stdout, f"{name} follows {before}: {good.stderr}")
    replaced = [entry for entry in bench.entries if not entry.startswith("log/")]
    expect(bench.make("replaced.tar.gz", "one.tar.gz", entries=replaced)[0], "a pack is replaced")
    data = {name: (bench.folder / f"{name}.tar.gz").read_bytes() for name in ("one", "two", "three", "replaced")}
    for name, before, why in (("three", "one", "number 3 does not come after number 1"), ("one", "two", "does not come after"),
                              ("two", "two", "the same pack"), ("three", "replaced", "does not follow this number 2"),
                              ("two", "replaced", "two packs number 2"), ("replaced", "two", "two packs number 2")):
        bench.refused(data[name], "CL7116", why, f"{name} after {before}", "--previous", f"{before}.tar.gz")
    shown = subprocess.run(["tar", "-xzOf", bench.folder / "two.tar.gz", "manifest.json"], capture_output=True).stdout
    first = packs.digest(packs.part(packs.read(one), LISTS[0]).data)
    expect(json.loads(shown)["previous"] == {"number": 1, "manifest_sha256": first}, "the chain is that of sha256sum")


def stamped(bench, one):
    with Authority(bench.folder) as authority:
        made, said = bench.make("stamped.tar.gz", stamp=authority.url, SSL_CERT_FILE="web-ca.pem")
        expect(made, f"a pack is stamped: {said}")
        made, said = bench.make("none.tar.gz", stamp=authority.url)
        expect(not made and "CL7105" in said and "certificate" in said, f"TLS is verified: {said}")
        for how in ("refused", "another", "garbage", "forged", "page"):
            authority.how = how
            made, said = bench.make("none.tar.gz", stamp=authority.url, SSL_CERT_FILE="web-ca.pem")
            expect(not made and "CL7105" in said, f"an authority that answers {how}: {said}")
        expect(not (bench.folder / "none.tar.gz").exists(), "without its timestamp no pack is written")
    data = (bench.folder / "stamped.tar.gz").read_bytes()
    good = bench.check("stamped.tar.gz")
    expect(good.returncode == 0 and "CN=Test TSA" in good.stdout and "was not asked" in good.stdout, f"its own word: {good.stderr}")
    good = bench.check("stamped.tar.gz", "--tsa-ca", "tsa-ca.pem")
    expect(good.returncode == 0 and "CN=Test TSA.\n" in good.stdout, f"trusted: {good.stdout}{good.stderr}")
    for readme in ("README.txt", "LISEZMOI.txt"):
        wrong = by_hand(bench, "stamped.tar.gz", readme, stamped=True)
        expect(wrong is None, f"{readme} by hand, stamped: {wrong}")
    bench.refused(data, "CL7117", "MANIFEST.sha256.tsr", "another authority", "--tsa-ca", "web-ca.pem")
    bench.refused(one, "CL7117", "MANIFEST.sha256.tsr", "a timestamp taken away", "--tsa-ca", "tsa-ca.pem")
    token = packs.part(packs.read(data), "MANIFEST.sha256.tsr").data
    for at in range(3, len(token), max(1, len(token) // 40)):
        parts = packs.read(data)
        changed = bytearray(token)
        changed[at] ^= 1
        packs.part(parts, "MANIFEST.sha256.tsr").data = bytes(changed)
        bench.refused(packs.archive(parts), "CL7117", "MANIFEST.sha256.tsr", f"byte {at} of the timestamp", "--tsa-ca", "tsa-ca.pem")
    two = packs.read((bench.folder / "two.tar.gz").read_bytes())
    two.insert(3, packs.Part("MANIFEST.sha256.tsr", token))
    two.sort(key=lambda one: one.path.encode())
    bench.refused(packs.archive(two), "CL7117", "MANIFEST.sha256.tsr", "another pack's timestamp")


def main(cloison, maker):
    with tempfile.TemporaryDirectory(prefix="cloison-packs-") as folder:
        bench = Bench(pathlib.Path(folder), pathlib.Path(cloison).resolve(), pathlib.Path(maker).resolve())
        one, _ = made_and_checked(bench)
        changed_by_hand(bench)
        (bench.folder / "altered.tar.gz").touch()
        bench.listed = sorted(os.listdir(bench.folder))
        tampered(bench, one)
        hostile(bench, one)
        signed_otherwise(bench, one)
        chained(bench, one)
        stamped(bench, one)
    end()


if __name__ == "__main__":
    main(*sys.argv[1:])

#!/usr/bin/python3
"""Kills cloison at every durable commit of an apply and a destroy, and damages its state.

    tests/crash/crash.py --binary CLOISON [--step N]

Each instant in a folder of its own, in the sandbox: `kill -9` before or after commit N, then a
plain run of the same command must end as if nothing had happened: the same resources, one
object per identity on the platform, no orphan, nothing left to do, `log --verify` good.
--step takes every Nth instant only (the small size).
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Failed(Exception):
    pass


def check(condition, message):
    if not condition:
        raise Failed(message)


class Place:
    """A copy of the network in a folder of its own."""

    def __init__(self, binary, template=None):
        self.binary = binary
        self.folder = tempfile.mkdtemp(prefix="cloison-crash-")
        if template:
            shutil.rmtree(self.folder)
            shutil.copytree(template, self.folder)
        else:
            shutil.copy(os.path.join(HERE, "network.yaml"), os.path.join(self.folder, "topology.yaml"))

    def command(self, words):
        return [self.binary, *words, "-t", self.folder, "--sandbox"]

    def run(self, *words, kill="", expect=0):
        environment = dict(os.environ, NO_COLOR="1", CLOISON_NOW="2026-11-22T12:00:00Z")
        if kill:
            environment["CLOISON_TEST_KILL_AT_COMMIT"] = kill
        done = subprocess.run(self.command(words), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=environment, timeout=120, check=False)
        if expect is not None and done.returncode != expect:
            raise Failed(f"cloison {' '.join(words)} {kill}: exit {done.returncode}, expected {expect}\n"
                         f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
        return done

    def resources(self):
        lines = self.run("state", "list", "--json").stdout.splitlines()
        rows = [json.loads(line) for line in lines if line.strip()]
        return {row["address"]: row for row in rows if row.get("type") == "resource"}

    def objects(self):
        """What the simulated platform holds: (kind, id, marker)."""
        lines = self.run("sandbox", "list", "--json").stdout.splitlines()
        return [row for row in map(json.loads, filter(str.strip, lines)) if row.get("type") == "object"]

    def made(self):
        """Our objects but rules, of which a new group brings some that must go."""
        return {(row["kind"], row["id"]) for row in self.objects()
                if not row.get("foreign") and row["kind"] != "security_group_rule"}

    def state(self):
        return os.path.join(self.folder, ".cloison", "sandbox", "state.db")

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def settled(place, wanted):
    """After recovery: the wanted addresses, each one object, and no other object of ours."""
    rows = place.resources()
    check(set(rows) == set(wanted), f"resources differ: {sorted(set(rows) ^ set(wanted))[:6]}")
    objects = place.objects()
    ids = [(row["kind"], row["id"]) for row in objects]
    check(len(ids) == len(set(ids)), "two objects with one id")
    held = {(row["kind"], row["remote_id"]) for row in rows.values()}
    ours = {(row["kind"], row["id"]) for row in objects if not row.get("foreign")}
    check(ours == held, f"orphaned {sorted(ours - held)[:4]}, lost {sorted(held - ours)[:4]}")
    place.run("log", "--verify")


def kill_everywhere(binary, words, template, wanted, step):
    """Returns the number of instants at which the run was killed."""
    killed = 0
    number = 0
    while True:
        number += 1
        reached = False
        for instant in ("before", "after"):
            place = Place(binary, template)
            try:
                done = place.run(*words, kill=f"{instant}:{number}", expect=None)
                if done.returncode != -signal.SIGKILL:
                    check(done.returncode == 0, f"{instant}:{number}: exit {done.returncode}\n{done.stderr[-2000:]}")
                    continue
                reached = True
                if (number - 1) % step:
                    continue
                killed += 1
                try:
                    made = place.made()
                    place.run(*words)
                    if words[0] == "apply":
                        lost = made - place.made()
                        check(not lost, f"what the killed run had made was not kept: {sorted(lost)[:4]}")
                        place.run("plan", "--detailed-exitcode")
                    settled(place, wanted)
                except Failed as error:
                    raise Failed(f"killed {instant} commit {number} of {words[0]}: {error}") from None
            finally:
                place.remove()
        if not reached:
            return killed


def damaged_states(binary, template, step):
    """Emptied, cut and flipped state files: an error with a way out, never 'everything to create'."""
    tried = 0
    noticed = 0
    by_log = 0
    whole = Place(binary, template)
    reference = whole.resources()
    whole.remove()
    size = os.path.getsize(os.path.join(template, ".cloison", "sandbox", "state.db"))
    cases = [("emptied", 0)] + [("cut", at) for at in range(100, size, max(size // 40, 1) * step)] + \
            [("flipped", at) for at in range(0, size, max(size // 200, 1) * step)] + [("deleted", 0)]
    for how, at in cases:
        place = Place(binary, template)
        try:
            with open(place.state(), "r+b") as file:
                if how in ("emptied", "cut"):
                    file.truncate(at)
                elif how == "flipped":
                    file.seek(at)
                    byte = file.read(1)[0]
                    file.seek(at)
                    file.write(bytes([byte ^ 0x10]))
            if how == "deleted":
                os.unlink(place.state())
            for beside in ("-wal", "-shm"):
                if os.path.exists(place.state() + beside):
                    os.unlink(place.state() + beside)
            done = place.run("plan", "--detailed-exitcode", expect=None)
            tried += 1
            if done.returncode == 1:
                noticed += 1
                check("hint:" in done.stderr, f"{how} at {at}: no way out is named\n{done.stderr}")
            else:  # a byte that means nothing may change without a trace; the content must be whole then
                check(done.returncode == 0, f"{how} at {at}: exit {done.returncode}\n{done.stdout[-1500:]}")
                check(how == "flipped", f"{how} at {at} went unnoticed")
                check(strip(place.resources()) == strip(reference), f"{how} at {at}: other resources without an error")
                by_log += place.run("log", "--verify", expect=None).returncode == 1
        finally:
            place.remove()
    return tried, noticed, by_log


def strip(rows):
    """What a row says, without the line's own number and time."""
    return {address: {key: value for key, value in row.items() if key not in ("seq", "time", "origins")} for address, row in rows.items()}


def lost_state(binary, template):
    """Without its rows, every object is found again by its mark or nature and kept."""
    place = Place(binary, template)
    try:
        made = {(row["kind"], row["id"]) for row in place.objects()}
        os.remove(place.state())
        place.run("state", "recover")
        place.run("apply", "--yes")
        check({(row["kind"], row["id"]) for row in place.objects()} == made, "the objects are not the same")
        place.run("plan", "--detailed-exitcode")
    finally:
        place.remove()
    return len(made)


def two_at_once(binary, template):
    """The second apply is refused at once, or after its timeout, and names who holds the state."""
    place = Place(binary, template)
    edit = os.path.join(place.folder, "topology.yaml")
    with open(edit, encoding="utf-8") as file:
        text = file.read()
    with open(edit, "w", encoding="utf-8") as file:
        file.write(text.replace("ports: [postgresql]", "ports: [tcp/5433]"))
    environment = dict(os.environ, NO_COLOR="1", CLOISON_NOW="2026-11-22T12:00:00Z",
                       CLOISON_SANDBOX_FAULTS="latency=1500ms")
    first = subprocess.Popen(place.command(["apply", "--yes"]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, env=environment)
    try:
        time.sleep(1.0)
        for words, least, most in ((("apply", "--yes"), 0, 0.9), (("apply", "--yes", "--lock-timeout", "1s"), 0.9, 3)):
            begun = time.monotonic()
            done = place.run(*words, expect=4)
            took = time.monotonic() - begun
            check(least <= took <= most, f"{' '.join(words)} took {took:.1f} s")
            for word in (str(first.pid), "apply", os.uname().nodename):
                check(word in done.stderr, f"the refusal does not name {word}:\n{done.stderr}")
        for words in (("drift",), ("log",), ("state", "list"), ("plan",)):
            done = place.run(*words, expect=None)
            check(done.returncode in (0, 2), f"{words[0]} needs the lock: exit {done.returncode}\n{done.stderr}")
        check(first.wait(timeout=120) == 0, "the first apply failed:\n" + first.stderr.read().decode())
    finally:
        if first.poll() is None:
            first.kill()
        place.remove()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--step", type=int, default=1)
    arguments = parser.parse_args()
    binary = os.path.abspath(arguments.binary)
    try:
        reference = Place(binary)
        reference.run("apply", "--yes")
        wanted = sorted(reference.resources())
        settled(reference, wanted)
        empty = Place(binary)
        applied = kill_everywhere(binary, ("apply", "--yes"), empty.folder, wanted, arguments.step)
        print(f"apply of {len(wanted)} objects killed at {applied} instants, every one settled", flush=True)
        destroyed = kill_everywhere(binary, ("destroy", "--yes"), reference.folder, [], arguments.step)
        print(f"destroy killed at {destroyed} instants, every one settled", flush=True)
        tried, noticed, by_log = damaged_states(binary, reference.folder, arguments.step)
        print(f"{tried} damaged states: {noticed} refused at once, {by_log} found by log --verify, {tried - noticed - by_log} flips of "
              "bytes that mean nothing; none taken for new", flush=True)
        print(f"{lost_state(binary, reference.folder)} objects kept after the state was lost", flush=True)
        two_at_once(binary, reference.folder)
        print("two applies at once: the second named the first; reading needs no lock", flush=True)
    except Failed as error:
        print(f"FAILED: {error}")
        return 1
    for place in (reference, empty):
        place.remove()
    print(f"{applied + destroyed} kills over {len(wanted)} objects and {tried} damaged states")
    return 0


if __name__ == "__main__":
    sys.exit(main())

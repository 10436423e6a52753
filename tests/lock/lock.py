#!/usr/bin/python3
"""What was given once never moves: cloison.lock, from outside, in the sandbox.

    tests/lock/lock.py --binary CLOISON [--only WORD]

Writing the same topology in another order, adding a laboratory, losing the lock file, merging two branches. Each check
works in a copy of an inventory that is applied already; the last line counts.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUNS = {"labanalyse": (), "pfi": (), "audioprothese": ("openstack.override.yaml",)}
NEW_LAB = "{name};{name};{address};SHA256:L3oACMz7cDzO6tJpQSvwrCSOgDTtiLVdQTASpSvvVGs;{address};200;210;1\n"


class Failed(Exception):
    pass


def check(condition, message):
    if not condition:
        raise Failed(message)


class Place:
    """A copy of an inventory in a folder of its own."""

    binary = ""
    top = ""
    applied = {}
    number = 0

    def __init__(self, inventory, source):
        Place.number += 1
        self.inventory = inventory
        self.folder = os.path.join(Place.top, f"{Place.number}-{inventory}")
        shutil.copytree(source, self.folder)

    @classmethod
    def of(cls, inventory):
        """A fresh copy, applied."""
        if inventory not in cls.applied:
            first = cls(inventory, os.path.join(SOURCE, "inventories", inventory))
            first.run("apply", "--yes")
            cls.applied[inventory] = first.folder
        return cls(inventory, cls.applied[inventory])

    def run(self, *words, expect=0):
        command = [Place.binary, words[0], "--sandbox", *words[1:]]
        for overlay in RUNS[self.inventory]:
            command += ["-f", overlay]
        done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=dict(os.environ, NO_COLOR="1", CLOISON_NOW="2026-11-22T12:00:00Z"), timeout=120,
                              check=False)
        check(expect is None or done.returncode == expect,
              f"cloison {' '.join(command[1:])}: status {done.returncode}, expected {expect}\n"
              f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done

    def unchanged(self):
        """Nothing to do, and the lock file stays as it is, byte for byte."""
        before = self.read("cloison.lock")
        self.run("plan", "--detailed-exitcode", "--locked")
        self.run("plan", "--detailed-exitcode")
        check(self.read("cloison.lock") == before, "the lock file has other bytes")

    def changes(self):
        lines = [json.loads(line) for line in self.run("plan", "--json").stdout.splitlines()]
        return [line for line in lines if line["type"] == "change"]

    def errors(self, *words):
        lines = [json.loads(line) for line in self.run(*words, "--json", expect=1).stdout.splitlines()]
        return [line for line in lines if line["type"] == "diagnostic" and line["severity"] == "error"]

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as stream:
            return stream.read()

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as stream:
            stream.write(text)

    def topology_files(self):
        return sorted(name for name in os.listdir(self.folder) if name.endswith(".yaml"))

    def lock(self):
        lines = [line for line in self.read("cloison.lock").splitlines() if not line.startswith("#")]
        return dict(line.split(": ", 1) for line in lines)


# --- The same in another order ---------------------------------------------------------------------------------------
def reversed_nodes(node, keys, lists):
    """The node with its keys, and lists whose order means nothing, turned around."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            reversed_nodes(value, keys, lists)
            if lists and key.value in ("flows", "guarantees", "spokes") \
                    and isinstance(value, yaml.SequenceNode):
                value.value.reverse()
        if keys:
            node.value.reverse()
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            reversed_nodes(item, keys, lists)


def reordered(inventory, keys, lists):
    place = Place.of(inventory)
    for name in place.topology_files():
        text = place.read(name)
        tree = yaml.compose(text)
        reversed_nodes(tree, keys, lists)
        turned = yaml.serialize(tree, allow_unicode=True, width=10**6)
        check(yaml.safe_load(turned) == yaml.safe_load(text) or lists, "the test changed more than the order")
        place.write(name, turned)
    place.unchanged()


def rows_reordered(inventory):
    place = Place.of(inventory)
    for name in sorted(os.listdir(place.folder)):
        if name.endswith(".csv"):
            head, *rows = place.read(name).splitlines(keepends=True)
            place.write(name, head + "".join(reversed(rows)))
    place.unchanged()


def renamed(inventory):
    place = Place.of(inventory)
    for number, name in enumerate(place.topology_files()):
        if ".override." not in name:
            os.rename(place.path(name), place.path(f"{9 - number}-{name}"))
    place.unchanged()


# --- One laboratory more ---------------------------------------------------------------------------------------------
def add_lab(place, name, number):
    """A row of labs.csv, in alphabetical order as people keep it."""
    head, *rows = place.read("labs.csv").splitlines(keepends=True)
    rows.append(NEW_LAB.format(name=name, address=f"198.51.100.{number}"))
    place.write("labs.csv", head + "".join(sorted(rows)))


def sorted_labs():
    place = Place.of("labanalyse")
    head, *rows = place.read("labs.csv").splitlines(keepends=True)
    place.write("labs.csv", head + "".join(sorted(rows)))
    place.unchanged()
    return place


def grown(before, after):
    """Whether each line, a rule or a set with its members, is there still, perhaps with more in it."""
    def words(line):
        return set(line.replace(",", " ").split())
    return all(any(words(line) <= words(other) for other in after) for line in before)


def one_more(name):
    place = sorted_labs()
    before = place.lock()
    check(sum(key.startswith("cidr ipv4 lab/") and key.endswith(".lan") for key in before) == 24, "24 laboratories")
    add_lab(place, name, 199)
    changes = place.changes()
    after = place.lock()
    check({key: after[key] for key in before} == before, "another allocation moved")
    check(set(after) - set(before) and all(f" lab/{name}." in key for key in set(after) - set(before)),
          f"allocations beside its own: {sorted(set(after) - set(before))}")
    check(changes, "nothing planned")
    for change in changes:
        said = (change["address"], change["kind"], change["action"])
        group = change["kind"] == "address_group" and change["action"] == "update"
        far_end = change["kind"] == "connection" and f"-lab-{name}-" in change["address"]  # where it is let in
        opened = change["kind"] == "firewall" and change["action"] == "update" and all(
            grown(one["before"], one["after"]) for one in change["attributes"]
            if one["attribute"] != "content")  # the digest of the file, which follows from the others
        check(group or far_end or opened or f"lab/{name}" in change["address"], f"planned beside its own: {said}")
        if group:
            (attribute,) = change["attributes"]
            gone = [one for one in attribute["before"] if one not in attribute["after"]]
            check(attribute["attribute"] == "addresses" and not gone, f"members lost: {said} {gone}")
    addresses = [change["address"] for change in changes]
    check(len(set(addresses)) == len(addresses), f"a group updated twice: {addresses}")
    place.run("apply", "--yes")
    place.unchanged()


def one_fewer():
    place = sorted_labs()
    before = place.lock()
    head, *rows = place.read("labs.csv").splitlines(keepends=True)
    place.write("labs.csv", head + "".join(row for row in rows if not row.startswith("lyon-02;")))
    tablets = place.read("tablets.csv").splitlines(keepends=True)
    place.write("tablets.csv", "".join(row for row in tablets if not row.startswith("lyon-02;")))
    place.run("plan", "--locked", expect=3)
    place.run("plan")
    place.run("plan", "--locked")  # the hint of the one before mended it, before any apply
    place.run("apply", "--yes")
    left = {key: value for key, value in before.items() if " lab/lyon-02." not in key}
    check(place.lock() == left, "another allocation moved, or a freed one stayed")
    place.unchanged()


# --- The lock file itself --------------------------------------------------------------------------------------------
def lost(inventory):
    place = Place.of(inventory)
    before = place.read("cloison.lock")
    os.remove(place.path("cloison.lock"))
    place.run("plan", "--detailed-exitcode")
    check(place.read("cloison.lock") == before, "rebuilt with other bytes")


def locked():
    place = sorted_labs()
    add_lab(place, "metz-01", 199)
    before = place.read("cloison.lock")
    for words in (("plan", "--locked"), ("plan", "--locked", "--json")):
        done = place.run(*words, expect=3)
        check("CL1351" in done.stdout + done.stderr, done.stderr)
    check(place.read("cloison.lock") == before, "written all the same")
    place.run("plan")
    place.run("plan", "--locked")


def resized(written, asked):
    """A block that no longer fits: its line is deleted as the hint says, also when it is applied already."""
    place = Place.of("labanalyse")
    before = place.lock()
    text = place.read("sites.yaml")
    check(text.count(written) == 1, written)
    place.write("sites.yaml", text.replace(written, asked))
    errors = place.errors("plan")
    check(errors and all(error["code"] == "CL1327" for error in errors), f"{errors}")
    deleted = [re.search(r"delete the line '([^']*)'", error["hint"]).group(1) for error in errors]
    lines = place.read("cloison.lock").splitlines()
    check(set(deleted) <= set(lines), f"{deleted} are no lines")
    place.write("cloison.lock", "".join(line + "\n" for line in lines if line not in deleted))
    place.run("apply", "--yes")
    paths = [line.split()[2].rstrip(":") for line in deleted]
    moved = [key for key, value in before.items() if place.lock()[key] != value]
    check(moved and all(any(key.split()[2].startswith(path) for path in paths) for key in moved),
          f"other allocations moved: {moved}")
    place.unchanged()


def merge(base, ours, theirs, name):
    """What `git merge` makes of the file; whether it was clean."""
    done = subprocess.run(["git", "merge-file", "-p", ours.path(name), base.path(name), theirs.path(name)],
                          capture_output=True, text=True, check=False)
    check(0 <= done.returncode < 127, done.stderr)
    return done.stdout, done.returncode == 0


def merged(first, second):
    base = sorted_labs()
    branches = []
    for number, name in enumerate((first, second)):
        branch = Place("labanalyse", base.folder)
        add_lab(branch, name, 198 + number)
        branch.run("plan")
        branches.append(branch)
    place = Place("labanalyse", base.folder)
    # Nothing is said by rows of neighbours in a CSV file that git cannot merge: both are wanted.
    add_lab(place, first, 198)
    add_lab(place, second, 199)
    text, clean = merge(base, *branches, "cloison.lock")
    place.write("cloison.lock", text)
    if not clean:
        errors = place.errors("validate")
        check([error["code"] for error in errors] == ["CL1321"], f"markers: {errors}")
        check("<<<<<<<" in errors[0]["hint"], errors[0]["hint"])
        place.write("cloison.lock", "".join(line for line in text.splitlines(keepends=True)
                                            if not re.match("<<<<<<<|=======|>>>>>>>", line)))
    both = {key: value for branch in branches for key, value in branch.lock().items()}
    check(place.lock() == both, "the merge lost a line")
    mended = 0
    for _ in range(10):  # a fix may bring the next finding to light
        done = place.run("validate", "--json", expect=None)
        if done.returncode == 0:
            break
        errors = place.errors("plan")
        check(errors and all(error["code"] == "CL1328" for error in errors), f"not the doubled block: {errors}")
        lines = place.read("cloison.lock").splitlines()
        for error in errors:
            said = error["detail"]
            check(f"lab/{first}" in said and f"lab/{second}" in said, f"does not name both: {said}")
            line = re.search(r"delete the line '([^']*)'", error["hint"]).group(1)
            check(lines[error["where"]["line"] - 1] == line, f"stands elsewhere than the line to delete: {error}")
            place.write("cloison.lock", place.read("cloison.lock").replace(line + "\n", ""))
            mended += 1
    check(mended, "nothing was there twice")
    place.run("plan")
    after = place.lock()
    check(set(after) == set(both), "other keys than those of both branches")
    blocks = [value for key, value in after.items() if key.startswith("cidr ")]
    check(len(set(blocks)) == len(blocks), "a block is there twice")
    check(all(after[key] == value for key, value in base.lock().items()), "another allocation moved")
    place.run("apply", "--yes")
    place.unchanged()


def checks():
    for inventory in RUNS:
        yield f"{inventory}: keys reordered", lambda i=inventory: reordered(i, True, False)
        yield f"{inventory}: lists reordered", lambda i=inventory: reordered(i, False, True)
        yield f"{inventory}: rows reordered", lambda i=inventory: rows_reordered(i)
        yield f"{inventory}: files renamed", lambda i=inventory: renamed(i)
        yield f"{inventory}: lock file lost", lambda i=inventory: lost(i)
    yield "a 25th laboratory, the last", lambda: one_more("zurich-01")
    yield "a 25th laboratory, the first", lambda: one_more("aix-01")
    yield "a laboratory fewer", one_fewer
    yield "--locked", locked
    yield "segments of the laboratories grow", lambda: resized(
        'vlan: "{{vlan}}", cidr: auto/24', 'vlan: "{{vlan}}", cidr: auto/23')
    yield "a segment of the cloud shrinks", lambda: resized(
        "data:\n          cidr: auto/24", "data:\n          cidr: auto/25")
    yield "two branches, far apart", lambda: merged("aix-01", "zurich-01")
    yield "two branches, neighbours", lambda: merged("metz-01", "metz-02")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--binary", required=True)
    options.add_argument("--only", default="", help="checks whose name has this word")
    given = options.parse_args()
    Place.binary = os.path.abspath(given.binary)
    done = failures = 0
    with tempfile.TemporaryDirectory(prefix="cloison-lock-") as top:
        Place.top = top
        for name, body in checks():
            if given.only not in name:
                continue
            done += 1
            try:
                body()
                print(f"passed  {name}")
            except Failed as why:
                failures += 1
                print(f"FAILED  {name}: {why}")
    print(f"{done} checks of the lock file" + (f", {failures} FAILED" if failures else ""))
    return 1 if failures or not done else 0


if __name__ == "__main__":
    sys.exit(main())

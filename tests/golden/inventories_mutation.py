#!/usr/bin/python3
"""Mutates every key of the inventories and asks `cloison validate` what it says.

    tests/golden/inventories_mutation.py --binary CLOISON [--step N] [--only WORD] [--list]

Each key of each mapping is dropped, given twice, misspelt and given a value of another type, one mutation at a time in
a copy of the inventory. No mutation may crash, hang or pass in silence:

  twice      status 1 and an error inside the entry that was doubled
  misspelt   a word of the language: status 1 and an error inside the entry. A name that the author chose: a rename,
             which is legal where nothing refers to it, else an error that names the old or the new name
  retyped    status 1 and an error inside the entry, or legal by ALSO_LEGAL, which says why
  dropped    status 1 and an error with a place (the missing key is noticed at its parent or where it is used), or
             accepted: the key is optional

--step N takes every Nth mutation (the small size), always the same ones. The last line counts.
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Inventory and overlays laid on it.
RUNS = (("labanalyse", ()), ("pfi", ()), ("audioprothese", ()), ("audioprothese", ("openstack.override.yaml",)))

# Keys that are names the author chose: path patterns, '*' for one word, '[]' for an item of a list.
FREE_NAMES = """
environments.* environments.*.vars.* providers.* providers.*.availability_zones.* zones.* address_pools.* ports.*
sites.* sites.*.labels.* sites.*.location.certifications.* sites.*.underlays.* sites.*.gateways.* sites.*.vpcs.*
*.segments.* *.hosts.* clusters.* clusters.*.namespaces.* links.* groups.* scenarios.* services.* backups.*
""".split()

# Retyped values that are legal all the same: why, the change, patterns of the path.
ALSO_LEGAL = (
    ("a list of one says what the one says (docs/language.md: one item may stand for a list)", "to-list", """
     environments.*.address_space address_pools.*.cidr *.cidr *.hosts.*.address ports.* flows.[].from flows.[].to
     guarantees.[].*.* guarantees.[].*.*.zone guarantees.[].only.to.[].zone guarantees.[].except.[].*
     backups.*.of backups.*.to backups.*.of.site infrastructure.*.for infrastructure.*.to infrastructure.*.from
     links.*.users services.*.runs_on services.*.listen"""),
    ("for_each takes a list, of which `environments` is then the one entry", "to-list", "sites.*.vpcs.for_each"),
    ("certificates bear any name; that none has this one is for the proof to find", "list-to-word",
     "guarantees.[].located.certification"),
    ("zones bear any name; a provider that is applied says when it has no such one", "list-to-word",
     "sites.*.location.availability_zones"),
)


def fits(path, pattern):
    """Whether a path is of a pattern; '*' at the front stands for any number of words, elsewhere for one."""
    words, wanted = path.split("."), pattern.split(".")
    if wanted[0] == "*" and len(wanted) < len(words):
        words = words[len(words) - len(wanted) + 1:]
        wanted = wanted[1:]
    return len(words) == len(wanted) and all(fnmatch.fnmatchcase(a, b) for a, b in zip(words, wanted))


Entry = collections.namedtuple("Entry", "path keys index mapping")  # one key of one mapping
Mutation = collections.namedtuple("Mutation", "inventory overlays file kind path text begin end old new free")


def true_end(node):
    """Where a node ends; a block collection's own mark is behind the comments that follow it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return node.end_mark.index
    last = node.value[-1]
    return true_end(last[1] if isinstance(node, yaml.MappingNode) else last)


def entries(node, path=""):
    """Every key of every mapping, outermost first."""
    if isinstance(node, yaml.MappingNode):
        for index, (key, value) in enumerate(node.value):
            # Dots separate the words of a path.
            here = (path + "." if path else "") + key.value.replace(".", "_")
            yield Entry(here, key, index, node)
            yield from entries(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from entries(item, path + ".[]")


def misspelling(key, taken):
    """The key with one letter changed, a name still, and none of `taken`."""
    order = sorted(range(len(key)), key=lambda at: abs(at - len(key) // 2))
    for at in order:
        for letter in "qzxjv7":
            changed = key[:at] + letter + key[at + 1:]
            if key[at].isalnum() and changed not in taken:
                return changed
    raise ValueError(key)


def dropped(text, entry):
    """The text without the entry, and where it was."""
    key, value = entry.mapping.value[entry.index]
    begin, end = key.start_mark.index, true_end(value)
    pairs = entry.mapping.value
    if len(pairs) == 1:
        inside = "" if entry.mapping.flow_style else "{}"
        return text[:begin] + inside + text[end:], begin, begin + len(inside)
    if entry.index + 1 < len(pairs):
        following = pairs[entry.index + 1][0].start_mark.index
        return text[:begin] + text[following:], begin, begin
    before = true_end(pairs[entry.index - 1][1])
    return text[:before] + text[end:], before, before


def doubled(text, entry):
    key, value = entry.mapping.value[entry.index]
    begin, end = key.start_mark.index, true_end(value)
    between = ", " if entry.mapping.flow_style else "\n" + " " * key.start_mark.column
    again = text[begin:end] + between
    return text[:begin] + again + text[begin:], begin, end + len(again)


def misspelt(text, entry):
    key, value = entry.mapping.value[entry.index]
    changed = misspelling(key.value, {k.value for k, _ in entry.mapping.value})
    begin, end = key.start_mark.index, key.end_mark.index
    new = text[begin:end].replace(key.value, changed)
    return text[:begin] + new + text[end:], begin, true_end(value) + len(new) - (end - begin)


def retyped(text, entry):
    """(name, text, begin, end) for each other type that the value may take."""
    key, value = entry.mapping.value[entry.index]
    begin, end = value.start_mark.index, true_end(value)
    written = text[begin:end]
    if isinstance(value, yaml.ScalarNode):
        changes = [("to-map", "{retyped: 1}"), ("to-list", f"[{written}]")]
        if value.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool"):
            changes.append(("to-word", "retyped"))
    elif isinstance(value, yaml.MappingNode):
        changes = [("map-to-word", "retyped")]
    else:
        changes = [("list-to-word", "retyped")]
    for name, new in changes:
        yield name, text[:begin] + new + text[end:], key.start_mark.index, begin + len(new)


def mutations_of(inventory, overlays, file):
    with open(os.path.join(SOURCE, "inventories", inventory, file), encoding="utf-8") as stream:
        text = stream.read()
    for entry in entries(yaml.compose(text)):
        name = entry.keys.value
        free = any(fits(entry.path, pattern) for pattern in FREE_NAMES) and name != "for_each"

        def made(kind, change, new=""):
            changed, begin, end = change
            yaml.compose(changed)  # what comes out must be YAML, or the mutation tests nothing
            return Mutation(inventory, overlays, file, kind, entry.path, changed, begin, end, name, new, free)

        yield made("dropped", dropped(text, entry))
        yield made("twice", doubled(text, entry))
        new = misspelling(name, {k.value for k, _ in entry.mapping.value})
        yield made("misspelt", misspelt(text, entry), new)
        for kind, *change in retyped(text, entry):
            yield made("retyped " + kind, change)


def all_mutations():
    for inventory, overlays in RUNS:
        folder = os.path.join(SOURCE, "inventories", inventory)
        files = overlays or sorted(f for f in os.listdir(folder) if f.endswith(".yaml") and ".override." not in f)
        for file in files:
            yield from mutations_of(inventory, overlays, file)


# --- One run ---------------------------------------------------------------------------------------------------------
def validate(binary, folder, mutation):
    """(status, diagnostics) of `cloison validate` with the mutation in place; the copy is whole again afterwards."""
    path = os.path.join(folder, mutation.inventory, mutation.file)
    with open(path, "r+", encoding="utf-8", newline="") as stream:
        whole = stream.read()
        stream.seek(0)
        stream.truncate()
        stream.write(mutation.text)
    command = [binary, "validate", "--json"]
    for overlay in mutation.overlays:
        command += ["-f", overlay]
    try:
        done = subprocess.run(command, cwd=os.path.dirname(path), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=30, check=False,
                              env=dict(os.environ, CLOISON_NOW="2026-11-22T12:00:00Z", NO_COLOR="1"))
    except subprocess.TimeoutExpired:
        return "hang", [], ""
    finally:
        with open(path, "w", encoding="utf-8", newline="") as stream:
            stream.write(whole)
    try:
        lines = [json.loads(line) for line in done.stdout.splitlines()]
    except ValueError:
        return done.returncode, None, done.stdout[-400:]
    return done.returncode, lines, done.stderr[-400:]


def offset_of(text, line, column):
    """The index of a place as it is reported (both from 1; columns count bytes); None when there is no such place."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return None
    encoded = lines[line - 1].encode()
    if not 1 <= column <= len(encoded) + 1:
        return None
    return sum(len(l) + 1 for l in lines[:line - 1]) + len(encoded[:column - 1].decode(errors="ignore"))


def in_span(mutation, where):
    if where is None or os.path.basename(where["file"]) != mutation.file:
        return False
    at = offset_of(mutation.text, where["line"], where["column"])
    return at is not None and mutation.begin <= at <= mutation.end


def places_of(error):
    return [error.get("where")] + [r.get("where") for r in error.get("related", []) if isinstance(r, dict)]


def verdict(mutation, status, lines, rest):
    """(category, complaint): a complaint is a failure."""
    if status not in (0, 1) or lines is None:
        return "crash", f"status {status} {rest}"
    notes = [d for d in lines if d["type"] == "diagnostic"]
    errors = [d for d in notes if d["severity"] == "error"]
    warnings = [d for d in notes if d["severity"] == "warning"]
    if (status == 1) != bool(errors):
        return "crash", f"status {status} with {len(errors)} errors"
    said = "; ".join(f"{e['code']} {e['summary']} at {e['where']}" for e in errors[:3])
    if any(e["code"].startswith("CL90") for e in errors):
        return "crash", said
    if any(not e["where"] or not e["where"]["file"] or e["where"]["line"] < 1 for e in errors):
        return "nowhere", said
    kind = mutation.kind.split()[0]
    inside = any(in_span(mutation, place) for e in errors for place in places_of(e))
    if kind == "twice":
        return ("twice: located", None) if inside else ("twice", f"status {status}: {said}")
    if kind == "dropped":
        return ("dropped: noticed" if errors else "dropped: optional"), None
    if kind == "misspelt":
        if not mutation.free:
            # `null` in an overlay removes a key; that a misspelt one is not there to be removed is a warning.
            if any(in_span(mutation, w["where"]) for w in warnings if w["code"] == "CL1015"):
                return "misspelt: warned", None
            return ("misspelt: located", None) if inside else ("misspelt", f"status {status}: {said}")
        if not errors:
            return "renamed: legal", None
        named = any(word in json.dumps(e, ensure_ascii=False) for e in errors for word in (mutation.old, mutation.new))
        return ("renamed: noticed", None) if inside or named else ("renamed", said)
    if inside or errors and any("retyped" in json.dumps(e) for e in errors):
        return "retyped: located", None
    change = mutation.kind.split()[1]
    if any(change == legal and fits(mutation.path, one) for _, legal, some in ALSO_LEGAL for one in some.split()):
        return "retyped: also legal", None
    return "retyped", f"status {status}: {said}"


def run(binary, mutations, workers=2):
    folders = queue.Queue()
    with tempfile.TemporaryDirectory(prefix="cloison-mutation-") as top:
        for number in range(workers):
            folder = os.path.join(top, str(number))
            shutil.copytree(os.path.join(SOURCE, "inventories"), folder)
            folders.put(folder)

        def one(mutation):
            folder = folders.get()
            try:
                return mutation, verdict(mutation, *validate(binary, folder, mutation))
            finally:
                folders.put(folder)

        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            yield from pool.map(one, mutations)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--binary", required=True)
    options.add_argument("--step", type=int, default=1)
    options.add_argument("--only", default="", help="only paths and kinds that match this regular expression")
    options.add_argument("--list", action="store_true", help="say each verdict")
    given = options.parse_args()
    binary = os.path.abspath(given.binary)
    mutations = list(all_mutations())[::given.step]
    mutations = [m for m in mutations if re.search(given.only, f"{m.inventory} {m.path} {m.kind}")]
    counts, failures = collections.Counter(), 0
    for mutation, (category, complaint) in run(binary, mutations):
        counts[category] += 1
        name = "+".join((mutation.inventory,) + mutation.overlays) + f"/{mutation.file} {mutation.path} {mutation.kind}"
        if complaint is not None:
            failures += 1
            print(f"FAILED {name}: {category}: {complaint}")
        elif given.list:
            print(f"{name}: {category}")
    print(f"{sum(counts.values())} mutations, " + ", ".join(f"{c} {n}" for n, c in sorted(counts.items()))
          + (f", {failures} FAILED" if failures else ""))
    return 1 if failures or not counts else 0


if __name__ == "__main__":
    sys.exit(main())

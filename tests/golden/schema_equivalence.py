#!/usr/bin/env python3
"""Holds docs/schema.json and the loader to the same answers on shape.

For every golden case, every example of the repository and generated mutations of them: when the loader names an error
of shape (keys, types, words, bounds, required), the schema must refuse; when it finds nothing at all, the schema must
accept. Contents that no pattern can hold (prefixes, dates, references) are the loader's alone.

Usage: schema_equivalence.py SHAPE_CHECK [MUTATIONS [SEED]]
"""
import copy
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHAPE = {"CL1101", "CL1102", "CL1103", "CL1104", "CL1105", "CL1106", "CL1107", "CL1108", "CL1109", "CL1117", "CL1119"}


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors and the loader read it (PyYAML's own resolver is YAML 1.1)."""


CoreLoader.yaml_implicit_resolvers = {}
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^(null|~|)$"), ["n", "~", ""])
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("^[-+]?(0|[1-9][0-9]*)$"), list("-+0123456789"))
CoreLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?((\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)$"), list("-+.0123456789"))


class PlainDumper(yaml.SafeDumper):
    """Writes what stands twice twice, without anchors."""

    def ignore_aliases(self, data):
        return True


def read(path):
    return yaml.load(path.read_text(), Loader=CoreLoader)


def places(tree, path=()):
    """All (container path, key) of a tree."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield path, key
            yield from places(value, path + (key,))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield path, index
            yield from places(value, path + (index,))


VALUES = [True, 7, -1, 70000, 1.5, "text", "Ünfit name", "", None, [], ["text"], {}, {"unknown": 1}, {"title": "T"}, "auto/24",
          "env:NAME", "internal", "wireguard"]


def mutate(tree, chance):
    tree = copy.deepcopy(tree)
    path, key = chance.choice(list(places(tree)))
    container = tree
    for step in path:
        container = container[step]
    kind = chance.randrange(5)
    if kind == 0:
        del container[key]
    elif kind == 1 and isinstance(container, dict):
        container[chance.choice(["zon", "titel", "for_eech", "Name", "x-1"])] = container[key]
    elif kind == 2:
        container[key] = [container[key]]
    elif kind == 3 and isinstance(container, dict):
        container[str(key) + chance.choice(["s", "_", "-x"])] = container.pop(key)
    else:
        container[key] = copy.deepcopy(chance.choice(VALUES))
    return tree


def seeds():
    for folder in sorted((ROOT / "tests/golden/read").iterdir()):
        for case in (folder, folder / "fixed"):
            if (case / "topology.yaml").exists() and not (folder / "limits").exists():
                yield folder, case / "topology.yaml"
    for file in sorted((ROOT / "inventories").glob("*/topology.yaml")):
        yield file.parent, file


def main():
    program = sys.argv[1]
    mutations = int(sys.argv[2]) if len(sys.argv) > 2 else 1500
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    schema = json.loads((ROOT / "docs/schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    work = pathlib.Path(tempfile.mkdtemp(prefix="cloison-schema-"))
    cases = []  # file for the loader, tree for the schema

    def place(name, folder, text):
        home = work / name
        home.mkdir()
        for csv in folder.glob("*.csv"):
            shutil.copy(csv, home)
        for csv in (folder / "fixed").glob("*.csv"):
            shutil.copy(csv, home)
        (home / "topology.yaml").write_text(text)
        return home / "topology.yaml"

    bases = []
    for number, (folder, file) in enumerate(seeds()):
        try:
            tree = read(file)
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        cases.append((place(f"case-{number}", folder, file.read_text()), tree))
        if isinstance(tree, dict):
            # the large ones have most of the language in them, so they are mutated more often
            bases += [(folder, tree)] * (1 + len(list(places(tree))) // 40)
    for number in range(mutations):
        folder, tree = chance.choice(bases)
        for _ in range(chance.choice((1, 1, 2))):
            tree = mutate(tree, chance)
        text = yaml.dump(tree, Dumper=PlainDumper, allow_unicode=True, sort_keys=False, width=1000)
        # read again, so that both sides see the same text
        file = place(f"mutation-{number}", folder, text)
        cases.append((file, read(file)))
    answer = subprocess.run([program], input="".join(f"{file}\n" for file, _ in cases), text=True, capture_output=True,
                            check=True)
    lines = [line.split("\t") for line in answer.stdout.splitlines()]
    assert len(lines) == len(cases), "the loader stopped early"
    wrong, refused, accepted, open_ = [], 0, 0, 0
    for (file, tree), (_, codes) in zip(cases, lines):
        codes = codes.split()
        good = validator.is_valid(tree)
        if any(code in SHAPE for code in codes):
            refused += 1
            if good:
                wrong.append((file, codes, "the schema accepts it"))
        elif not codes:
            accepted += 1
            if not good:
                why = jsonschema.exceptions.best_match(validator.iter_errors(tree))
                wrong.append((file, codes, f"the schema refuses {list(why.absolute_path)}: {why.message[:200]}"))
        else:
            open_ += 1
    for file, codes, why in wrong[:10]:
        print(f"{file}: loader {' '.join(codes) or 'accepts'}, but {why}")
    print(f"{len(cases)} topologies: both refuse {refused}, both accept {accepted}, {open_} wrong in content only, "
          f"{len(wrong)} differ")
    if wrong:
        return 1
    assert refused > len(cases) // 10 and accepted > len(cases) // 20, "too one-sided to prove anything"
    shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())

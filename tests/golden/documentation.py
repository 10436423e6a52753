#!/usr/bin/python3
"""Holds the examples of the documentation: what a reader pastes must do what the page says.

    tests/golden/documentation.py CLOISON

Every ```yaml block of PAGES is validated by the program. A comment above it says how:

  (nothing)                  a whole topology
  <!-- example: clinic -->   a whole topology, into which others go
  <!-- in: clinic -->        laid over that one, as `-f` does
  ..., says: CL1304 -->      with these errors and warnings, and no others; without it there are none

A ```csv block under <!-- file: labs.csv --> stands beside the examples; each line of a block under
<!-- printed: clinic --> must be printed when that example is validated. Each example that is valid is also
tried with its first key misspelt and must then be refused: so it was really read. Further: the commands of the README
work on its topology, links lead somewhere, and sections that the sources name exist.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/language.md", "docs/providers/openstack.md")
TODAY = "2026-11-25T10:00:00Z"  # no example grows stale
COMMENT = re.compile(r"<!-- (example|in|file|printed): ([\w.-]+)(?:, says: ([\w ]+))? -->")
problems = []


def complain(place, text):
    problems.append(f"{place}: {text}")


class Block:
    def __init__(self, page, line, kind, comment):
        self.place = f"{page}:{line}"
        self.kind, self.lines = kind, []
        self.how, self.name, codes = comment.groups() if comment else (None, None, None)
        self.says = sorted(codes.split()) if codes else []

    @property
    def text(self):
        return "".join(self.lines)


def blocks_of(page):
    """Fenced blocks, each with the comment on the line before it."""
    found, current, before = [], None, ""
    for number, line in enumerate((SOURCE / page).read_text().splitlines(keepends=True), 1):
        if current is not None:
            if line.rstrip() == "```":
                found.append(current)
                current = None
            else:
                current.lines.append(line)
        elif line.startswith("```"):
            current = Block(page, number, line[3:].strip(), COMMENT.fullmatch(before.strip()))
            if before.startswith("<!--") and not COMMENT.fullmatch(before.strip()):
                complain(current.place, f"'{before.strip()}' is no comment that says how to read the example")
        before = line
    return found


def run(program, folder, *arguments):
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "CLOISON_NOW": TODAY}
    return subprocess.run(
        [program, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )


def said(program, folder, whole, over):
    """Codes of the errors and warnings, and what a person would be shown."""
    (folder / "topology.yaml").write_text(whole)
    arguments = ["validate", "-t", "topology.yaml", "--json"]
    if over is not None:
        (folder / "example.override.yaml").write_text(over)
        arguments += ["-f", "example.override.yaml"]
    result = run(program, folder, *arguments)
    codes, texts = [], []
    for line in result.stdout.splitlines():
        one = json.loads(line)
        if one["type"] == "diagnostic" and one["severity"] != "note":
            codes.append(one["code"])
            texts.append(f"{one['severity']}[{one['code']}] {one['summary']}; {one['detail']}; hint: {one['hint']}")
    if result.returncode not in (0, 1) or (result.returncode == 0) != all(t.startswith("warning") for t in texts):
        texts.append(f"status {result.returncode} {result.stderr}")
        codes.append("status")
    return sorted(set(codes)), "\n    ".join(texts)


def check_printed(program, folder, block, whole, counts):
    (folder / "topology.yaml").write_text(whole)
    printed = run(program, folder, "validate", "-t", "topology.yaml").stdout.splitlines()
    for line in block.lines:
        counts["printed lines"] += 1
        if line.rstrip() not in printed:
            complain(block.place, f"not printed: {line.rstrip()}")


def check_pages(program, counts):
    blocks = [block for page in PAGES for block in blocks_of(page)]
    wholes = {block.name: block.text for block in blocks if block.how == "example"}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for block in blocks:
            if block.how == "file":
                (folder / block.name).write_text(block.text)
        for block in blocks:
            if block.how in ("in", "printed") and block.name not in wholes:
                complain(block.place, f"no example is called '{block.name}'")
            elif block.how == "printed":
                check_printed(program, folder, block, wholes[block.name], counts)
            elif block.kind == "yaml":
                check_example(program, folder, block, wholes, counts)


def check_example(program, folder, block, wholes, counts):
    whole, over = (wholes[block.name], block.text) if block.how == "in" else (block.text, None)
    codes, texts = said(program, folder, whole, over)
    if codes != block.says:
        complain(block.place, f"says {codes or 'nothing'}, not {block.says or 'nothing'}\n    {texts}")
        return
    counts["refused" if block.says else "valid"] += 1
    if block.says:
        return
    first = next(re.finditer(r"^[a-z_]+(?=:)", block.text, re.M))
    wrong = block.text[: first.start()] + "misspelt" + block.text[first.end() :]
    codes, _ = said(program, folder, *((whole, wrong) if over is not None else (wrong, None)))
    if "CL1101" not in codes:
        complain(block.place, f"with '{first.group()}' misspelt it is not refused")


def check_readme_commands(program, counts):
    """The commands on the README's topology that need no account."""
    text = (SOURCE / "README.md").read_text()
    commands = [line for line in re.findall(r"^\$ cloison ([^#\n]*)", text, re.M) if "--sandbox" in line]
    topology = next(block for block in blocks_of("README.md") if block.kind == "yaml")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "topology.yaml").write_text(topology.text)
        for command in commands:
            words = command.split() + (["--yes"] if command.startswith("apply") else [])
            result = run(program, folder, *words)
            counts["commands"] += 1
            if result.returncode != 0:
                complain("README.md", f"cloison {command.strip()}: status {result.returncode}\n{result.stderr}")


def headings(page):
    text = re.sub(r"^```.*?^```", "", (SOURCE / page).read_text(), flags=re.M | re.S)
    return [re.sub(r"[`*]", "", heading).strip() for heading in re.findall(r"^#+ (.*)$", text, re.M)]


def anchor(heading):
    """As GitHub makes them."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def check_links(counts):
    for page in (*PAGES, "docs/language-reference.md"):
        text = re.sub(r"^```.*?^```", "", (SOURCE / page).read_text(), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" in target:
                continue
            file, _, part = target.partition("#")
            there = (SOURCE / page).parent / file if file else SOURCE / page
            counts["links"] += 1
            if not there.exists():
                complain(page, f"nothing is at {target}")
            elif part and part not in [anchor(heading) for heading in headings(there.resolve().relative_to(SOURCE))]:
                complain(page, f"no heading is at {target}")


def check_named_sections(counts):
    """Sources say "docs/language.md, Paths": there must be such a heading."""
    known = headings("docs/language.md")
    for file in sorted((SOURCE / "core").rglob("*")):
        if file.suffix not in (".h", ".cpp"):
            continue
        text = re.sub(r"\n\s*///? ?", " ", file.read_text())
        for section in re.findall(r"docs/language\.md, ([A-Z]\w*(?: [a-z]\w*)*)", text):
            counts["sections"] += 1
            if section not in known:
                complain(file.relative_to(SOURCE), f"docs/language.md has no section '{section}'")


def main():
    program = os.path.abspath(sys.argv[1])
    counts = dict.fromkeys(("valid", "refused", "printed lines", "commands", "links", "sections"), 0)
    check_pages(program, counts)
    check_readme_commands(program, counts)
    check_links(counts)
    check_named_sections(counts)
    for name, count in counts.items():
        if count == 0:
            complain("nothing checked", name)
    for problem in problems:
        print(problem)
    print(
        f"{counts['valid']} examples valid, {counts['refused']} refused as they say, {counts['printed lines']} lines "
        f"printed, {counts['commands']} commands, {counts['links']} links, {counts['sections']} sections named by sources, {len(problems)} problems"
    )
    return 1 if problems else 0


sys.exit(main())

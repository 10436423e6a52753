#!/usr/bin/python3
"""Reads papers back with poppler's tools, as a printer or another reader would.

  tests/report/paper.py FOLDER     as ReportPageFiles left it: NAME.pdf, and expected.json with rows of each

Fonts are embedded; every word stands within the margins; each page has its header and footer; rows of the table are as
many as the report has, or counted and attached. The last line is `counted: N checks…`.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

SIDE, EDGE = 16, 8  # millimetres: text keeps off the sides, header and footer off the edges
SLACK = 1.0  # points: boxes of words are those of their fonts, a little larger than the ink
POINT = 72 / 25.4
KEY = re.compile(r"\bR-\d{6}\b")


def output(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


class Paper:
    def __init__(self, path, expected):
        self.path, self.expected = path, expected
        self.checks = self.wrong = 0
        self.french = path.stem.endswith(".fr")
        self.hostile = path.stem.startswith("hostile")
        self.whole = output("pdftotext", "-layout", path, "-")

    def check(self, good, what):
        self.checks += 1
        if not good:
            self.wrong += 1
            print(f"{self.path.name}: {what}")

    def fonts(self):
        lines = output("pdffonts", self.path).splitlines()
        at = lines[0].index("emb")
        self.check(len(lines) > 2, "no font at all")
        for line in lines[2:]:
            self.check(line[at:at + 3] == "yes", f"not embedded: {line}")

    def information(self):
        text = output("pdfinfo", self.path)
        self.check("CreationDate:    Sun Nov 22" in text, "dated otherwise than as of the report")
        self.check(re.search(r"JavaScript:\s+no", text), "a script")
        self.pages = int(re.search(r"Pages:\s+(\d+)", text).group(1))

    def margins(self):
        """No word beyond the margins, on paper of either direction."""
        page = None
        for line in output("pdftotext", "-bbox", self.path, "-").splitlines():
            size = re.search(r'<page width="([\d.]+)" height="([\d.]+)"', line)
            word = re.search(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*)</word>', line)
            if size:
                page = tuple(map(float, size.groups()))
                self.check(sorted(round(one) for one in page) == [595, 842], f"not A4: {page}")
            elif word:
                left, top, right, bottom = map(float, word.groups()[:4])
                side, edge = SIDE * POINT - SLACK, EDGE * POINT - SLACK
                self.check(left >= side and right <= page[0] - side and top >= edge and bottom <= page[1] - edge,
                           f"outside the margins: {word.group(5)[:60]!r} at {word.groups()[:4]} of {page}")

    def each_page(self):
        for number, text in enumerate(self.whole.split("\f")[:self.pages], 1):
            self.check(re.search(rf"Page {number} / {self.pages}\b", text), f"page {number} does not say so")
            if self.hostile:
                self.check("window.hacked" in text and "xxxxxxxx" in text, f"no header or footer on page {number}")
                continue
            self.check("santé-ouest" in text, f"no network on page {number}")
            self.check(("Règles du réseau" if self.french else "Network rules") in text, f"no title on page {number}")
            self.check("sha256:9f86d081884c" in text, f"no digest on page {number}")

    def rows(self):
        keys = KEY.findall(self.whole)
        if self.expected["summarised"]:
            self.check(str(self.expected["rows"]) in self.whole, "the number of rows is not said")
            self.attachment()
            return
        rows = 8 if self.hostile else self.expected["rows"]  # other hostile rows have other names
        self.check(len(set(keys)) == rows, f"{len(set(keys))} rows, not {rows}")
        self.check(len(keys) == rows + 1, f"{len(keys)} keys, not each once and the one that the summary leads to")

    def attachment(self):
        listed = output("pdfdetach", "-list", self.path)
        self.check("rules.csv" in listed and listed.startswith("1 embedded"), f"attachments: {listed!r}")
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder, "rules.csv")
            output("pdfdetach", "-save", "1", "-o", out, self.path)
            rows = set(KEY.findall(out.read_text()))
        self.check(len(rows) == self.expected["rows"], f"{len(rows)} rows attached")

    def contents(self):
        """The contents name pages, and each chapter is where they say."""
        texts = self.whole.split("\f")
        chapters = re.findall(r"^ *(Synthèse|Réseau|Règles|Summary|Network|Rules)\s?\.{3,}\s*(\d+)$", texts[0], re.MULTILINE)
        self.check(len(chapters) == 3, f"contents: {chapters}")
        for title, page in chapters:
            self.check(re.search(rf"^ *{title}$", texts[int(page) - 1], re.MULTILINE), f"'{title}' is not on page {page}")

    def all(self):
        for act in (self.fonts, self.information, self.margins, self.each_page, self.rows, self.contents):
            act()
        print(f"{self.path.name}: {self.pages} pages, {self.checks} checks, {self.wrong} wrong")


def main():
    folder = pathlib.Path(sys.argv[1])
    expected = json.loads((folder / "expected.json").read_text())
    papers = [Paper(path, expected[path.stem]) for path in sorted(folder.glob("*.pdf"))]
    for paper in papers:
        paper.all()
    checks, wrong = sum(one.checks for one in papers), sum(one.wrong for one in papers)
    print(f"counted: {checks} checks of {len(papers)} papers, {wrong} wrong")
    sys.exit(1 if wrong or not checks else 0)


main()

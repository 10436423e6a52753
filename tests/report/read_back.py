#!/usr/bin/python3
"""Reads reports back with programs that are not cloison's: what a workbook shows is what the CSV says, cell for cell.

  tests/report/read_back.py FOLDER [NAME…]     NAME: only the reports of that name (default: every NAME.json there)

FOLDER holds NAME.csv, NAME.xlsx and NAME.json of the same report, and perhaps NAME.md. Of each:
- the JSON fits docs/schemas/report.schema.json;
- LibreOffice reads the workbook: each table and matrix is a sheet of the cells of the CSV, and each property a line of
  the first sheet. What differs by rights: an apostrophe before what may be a formula (CSV), a group's name above the
  header, and the mark where a cell was cut after 32 767 characters (workbook);
- the CSV holds what the JSON holds, wherever a value is the same in both;
- no formula and no link to the outside is in the workbook;
- where cmark-gfm is installed, the Markdown becomes nothing but headings, tables, lists and paragraphs, as many fields
  as the CSV has.
The last line is `N cells …`.
"""
import csv
import html
import html.parser
import io
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "docs/schemas/report.schema.json"
# Comma, quotes, UTF-8, numbers and dates as shown, no formulas, every sheet.
FILTER = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,-1"
CELL_UNITS, CUT_MARK = 32767, " […]"
LINE_OF_OFFICE = 16000
FORMULA = re.compile(r"^[ \t\r\n]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r]")
PROFILE = tempfile.TemporaryDirectory()
csv.field_size_limit(1 << 30)


class Differs(Exception):
    pass


def expect(fine, what):
    if not fine:
        raise Differs(what)


def records(text):
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def grids(report):
    """(part, rows including the header, columns) of whatever the CSV holds, in order."""
    for chapter in report["chapters"]:
        for part in chapter["parts"]:
            if part["part"] == "table":
                yield part, len(part["rows"]) + 1, len(part["columns"])
            elif part["part"] == "matrix":
                yield part, len(part["froms"]) + 1, len(part["tos"]) + 1
            elif part["part"] == "properties":
                yield part, len(part["lines"]) + 1, 2


def csv_blocks(path, report):
    """The records of each grid. One table alone has no title, others have one and an empty line before it."""
    data = path.read_bytes()
    expect(data.startswith(b"\xEF\xBB\xBF"), "the CSV has no byte order mark")
    expect(b"\r\n" in data or not data[3:], "the CSV has other line ends than CRLF")
    lines = records(data[3:].decode())
    parts = list(grids(report))
    alone = len(parts) == 1 and parts[0][0]["part"] == "table"
    blocks, at = [], 0
    for number, (part, rows, columns) in enumerate(parts):
        if not alone:
            if number:
                expect(lines[at] == [], f"{part['id']}: no empty line above it")
                at += 1
            expect(len(lines[at]) == 1, f"{part['id']}: no title above it")
            at += 1
        block = lines[at:at + rows]
        at += rows
        expect(len(block) == rows, f"{part['id']}: {len(block)} lines instead of {rows}")
        for line in block:
            expect(len(line) == columns, f"{part['id']}: {len(line)} fields instead of {columns}: {line[:3]}")
            for field in line:
                harmless = not FORMULA.match(field) or re.fullmatch(r"-[0-9]+", field)
                expect(harmless, f"{part['id']}: a spreadsheet would calculate {field[:40]!r}")
        blocks.append((part, block))
    expect(at == len(lines), f"the CSV has {len(lines) - at} lines more than its report")
    return blocks


def without_apostrophe(field):
    return field[1:] if field.startswith("'") and FORMULA.match(field[1:]) else field


def as_sheet(field):
    """What a sheet shows where the CSV has `field`."""
    return {"true": "TRUE", "false": "FALSE"}.get(field, without_apostrophe(field))


def same(field, shown):
    """`shown` in a sheet says what `field` of the CSV does. Of an own apostrophe before a formula nobody can tell."""
    if shown in (field, as_sheet(field)) or without_apostrophe(shown) == without_apostrophe(field):
        return True
    whole = without_apostrophe(field)
    if len(whole) > LINE_OF_OFFICE:  # LibreOffice itself breaks such a line in a cell that has several
        whole, shown = whole.replace("\n", ""), shown.replace("\n", "")
        if shown == whole:
            return True
    units = len(field.encode("utf-16-le")) // 2
    return units > CELL_UNITS and shown.endswith(CUT_MARK) and whole.startswith(shown[:-len(CUT_MARK)])


def sheet_names(workbook):
    names = re.findall(r'<sheet name="([^"]*)"', workbook.read("xl/workbook.xml").decode())
    return [html.unescape(name) for name in names]


def convert(path, folder):
    """Without the starter, which at times waits for ever for a program that has ended. It asks to be begun anew (81) when
    it has made itself a profile."""
    program = pathlib.Path(shutil.which("soffice")).resolve().with_name("soffice.bin")
    command = [str(program), f"-env:UserInstallation=file://{PROFILE.name}", "--headless", "--norestore", "--convert-to",
               FILTER, "--outdir", str(folder), str(path)]
    for _ in range(3):
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode not in (79, 81):
            break
    return done.stdout + done.stderr


def sheets(path, folder):
    """The records of each sheet, as LibreOffice shows them, in order."""
    said = convert(path, folder)
    with zipfile.ZipFile(path) as workbook:
        names = sheet_names(workbook)
    found = []
    for name in names:
        file = folder / f"{path.stem}-{name}.csv"
        expect(file.exists(), f"LibreOffice wrote no sheet '{name}': {said[-300:]}")
        found.append((name, records(file.read_bytes().decode())))
    return found


def filled(line, columns):
    expect(len(line) <= columns or not any(line[columns:]), f"a sheet has more than {columns} columns: {line[:3]}")
    return (line + [""] * columns)[:columns]


def compare_sheet(part, block, name, lines):
    columns = len(block[0])
    groups = part["part"] == "table" and any(column["group"] for column in part["columns"])
    lines = lines[1:] if groups else lines
    # Lines at the end whose cells are all empty are none to a sheet.
    lines = lines + [[]] * (len(block) - len(lines))
    expect(len(lines) == len(block), f"sheet '{name}' has {len(lines)} lines instead of {len(block)}")
    for number, (fields, shown) in enumerate(zip(block, lines)):
        for column, (field, cell) in enumerate(zip(fields, filled(shown, columns))):
            expect(same(field, cell), f"sheet '{name}', line {number}, column {column}: {cell[:60]!r} instead of {field[:60]!r}")
    return len(block) * columns


def compare_workbook(path, blocks, folder):
    with zipfile.ZipFile(path) as workbook:
        for name in workbook.namelist():
            text = workbook.read(name).decode()
            expect("<f>" not in text and "<f " not in text, f"{name} holds a formula")
            expect('TargetMode="External"' not in text, f"{name} holds a link to the outside")
            if name.startswith("xl/worksheets/sheet") and name != "xl/worksheets/sheet1.xml":
                expect("<autoFilter" in text and 'state="frozen"' in text, f"{name} has no filter or frozen header")
    found = sheets(path, folder)
    summary, tables = found[0][1], iter(found[1:])
    at, cells = 0, 0
    for part, block in blocks:
        if part["part"] == "properties":
            for fields in block[1:]:
                while at < len(summary) and not all(map(same, fields, filled(summary[at], 2))):
                    at += 1
                expect(at < len(summary), f"the first sheet lacks {fields[0][:40]!r}: {fields[1][:60]!r}")
                at += 1
                cells += 2
        else:
            cells += compare_sheet(part, block, *next(tables))
    expect(next(tables, None) is None, "the workbook has more sheets than the CSV has tables")
    return cells


def compare_values(report, blocks, language):
    """Values that both write alike: plain texts, numbers, flags, words, dates."""
    terms, compared = report["terms"], 0

    def said(value, kind):
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, dict):
            return value[language]
        if isinstance(value, list):
            return "\n".join(said(item, "text") for item in value)
        if kind == "list":
            expect(value in terms, f"{value!r} stands where a list does, and is no term")
        if kind in ("list", "term") and value in terms:
            return terms[value][language]
        return str(value)

    for part, block in blocks:
        if part["part"] != "table":
            continue
        expect(block[0] == [column["heading"][language] for column in part["columns"]], f"{part['id']}: other headings")
        for row, fields in zip(part["rows"], block[1:]):
            for column, field in zip(part["columns"], fields):
                value = said(row[column["id"]], column["kind"])
                if value.isascii() and value.replace("\n", "").isprintable() and "\\" not in value:
                    plain = isinstance(row[column["id"]], list) and any("\n" in item for item in row[column["id"]])
                    expect(plain or without_apostrophe(field) == without_apostrophe(value),
                           f"{part['id']}.{column['id']}: {field[:60]!r} in CSV, {value[:60]!r} in JSON")
                    compared += 1
    expect(compared or not any(part["part"] == "table" and part["rows"] for part, _ in blocks), "no value was compared")


class Marks(html.parser.HTMLParser):
    ALLOWED = {"h1", "h2", "h3", "p", "br", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}

    def __init__(self):
        super().__init__()
        self.fields = 0

    def handle_starttag(self, tag, attrs):
        expect(tag in self.ALLOWED, f"the Markdown holds <{tag}>")
        expect(all(name == "align" for name, _ in attrs), f"the Markdown holds <{tag}> with {attrs}")
        self.fields += tag in ("td", "th")


def check_markdown(path, report, blocks):
    done = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tagfilter", str(path)],
                          capture_output=True, text=True, check=True)
    marks = Marks()
    marks.feed(done.stdout)
    heading = (len(report["facts"]) + 5) * 2
    fields = sum(len(block) * len(block[0]) for _, block in blocks) + heading
    expect(marks.fields == fields, f"the Markdown has {marks.fields} fields instead of {fields}")


def check(json_path, validator):
    stem = json_path.with_suffix("")
    report = json.loads(json_path.read_bytes().decode())
    error = next(validator.iter_errors(report), None)
    expect(error is None, f"the JSON does not fit its schema: {error and error.json_path}: {error and error.message[:200]}")
    language = "fr" if stem.suffix == ".fr" else "en"
    blocks = csv_blocks(stem.with_name(stem.name + ".csv"), report)
    compare_values(report, blocks, language)
    markdown = stem.with_name(stem.name + ".md")
    if markdown.exists() and shutil.which("cmark-gfm"):
        check_markdown(markdown, report, blocks)
    with tempfile.TemporaryDirectory() as folder:
        return compare_workbook(stem.with_name(stem.name + ".xlsx"), blocks, pathlib.Path(folder))


def main():
    folder, wanted = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    cells, failed = 0, 0
    paths = [path for path in sorted(folder.glob("*.json")) if not wanted or path.stem in wanted]
    for path in paths:
        try:
            found = check(path, validator)
            cells += found
            print(f"{path.stem}: {found} cells", flush=True)
        except Differs as why:
            failed += 1
            print(f"{path.stem}: {why}", flush=True)
    print(f"{cells} cells of {len(paths)} workbooks read back")
    return 1 if failed or not cells else 0


if __name__ == "__main__":
    sys.exit(main())

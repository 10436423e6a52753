#!/usr/bin/python3
"""Opens pages in Chromium and does what an auditor does with them.

  tests/report/browser.py [--pictures FOLDER] PAGE.html…

The pages are those that the unit test ReportPageFiles writes. What must be found is computed here, from the data in the
page and by other code than the page's. The last line is `counted: N checks…`.
"""
import argparse
import base64
import json
import pathlib
import re
import sys
import time
import unicodedata

from chromium import Chromium, Failure

TABLE = "document.querySelector('section[data-table=\"rules\"]')"
SLOWEST = 2.0  # seconds of the page's own thread for a filter or a search, of any size of table: others may be busy, too


class Data:
    """The table as the page has it, read from the file."""

    def __init__(self, text):
        block = re.search(r'<script type="application/json" data-rows-of="rules">(.*?)</script>', text, re.DOTALL)
        data = json.loads(block.group(1))
        self.count, self.key = data["rows"], data["key"]
        self.columns = {}
        for column in data["columns"]:
            values = column["values"]
            rows = column.get("rows") or range(len(values))
            self.columns[column["id"]] = [values[row] for row in rows]
        self.ids = [column["id"] for column in data["columns"]]
        self.shown = [column["id"] for column in data["columns"] if column["shown"]]
        self.filters = [self.ids[at] for at in data["filters"]]

    @staticmethod
    def value(entry):
        return entry["v"] if isinstance(entry, dict) else entry

    def text(self, entry, language):
        value = self.value(entry)
        if isinstance(value, bool):
            return {"en": ("no", "yes"), "fr": ("non", "oui")}[language][value]
        if isinstance(value, list):
            return ", ".join(value) or "–"
        return "–" if value is None else str(value)

    def names(self, entry):
        value = self.value(entry)
        if isinstance(value, list) and value:
            return value
        return [entry["id"] if isinstance(entry, dict) and "id" in entry else self.text(entry, "en")]

    def matching(self, language, word=None, **columns):
        """Row numbers by search and by columns."""
        found = []
        cache = {}
        def fold(text):
            if text not in cache:
                cache[text] = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
            return cache[text]
        for row in range(self.count):
            if any(name not in self.names(self.columns[column][row]) for column, name in columns.items()):
                continue
            if word and not any(fold(word) in fold(self.text(column[row], language)) for column in self.columns.values()):
                continue
            found.append(row)
        return found


class Visit:
    def __init__(self, browser, path, pictures):
        self.browser, self.path, self.pictures = browser, path, pictures
        self.text = path.read_text()
        self.data = Data(self.text)
        self.language = re.search(r'<html lang="(\w+)"', self.text).group(1)
        self.checks, self.wrong, self.slowest = 0, [], 0.0

    def check(self, good, what):
        self.checks += 1
        if not good:
            self.wrong.append(what)
            print(f"{self.path.name}: {what}")

    def same(self, got, expected, what):
        self.check(got == expected, f"{what}: {got!r}, not {expected!r}")

    def matching(self):
        return int(self.browser.evaluate(f"{TABLE}.dataset.matching"))

    def keys(self):
        """Keys of the rows that are shown, as they stand."""
        return self.browser.evaluate(f"[...{TABLE}.querySelectorAll('tbody tr:not(.detail) th')].map(th => th.lastChild.textContent)")

    def key(self, row):
        return self.data.text(self.data.columns[self.data.ids[self.data.key]][row], self.language)

    def shown_key(self, row):
        key = self.key(row)
        return key if len(key) <= 160 else key[:160] + "…"

    def still(self, *features):
        """Nothing glides while it is looked at."""
        self.browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}, *features])

    # --- What is done with a page ------------------------------------------------------------------------------------
    def opens(self):
        self.still()
        self.browser.open(self.path.resolve().as_uri())
        self.same(self.matching(), self.data.count, "rows at first")
        shown = min(self.data.count, 100)
        self.same(len(self.keys()), shown, "rows of the first page")
        self.same(self.browser.evaluate(f"[...{TABLE}.querySelectorAll('thead th[scope=col]')].length"), len(self.data.shown),
                  "columns at first")
        self.check(self.browser.evaluate(f"[...{TABLE}.querySelectorAll('input, select')].every(one => one.labels?.length || one.ariaLabel)"),
                   "an input without a label")
        self.check(self.browser.evaluate("[...document.querySelectorAll('table')].every(one => one.caption?.textContent.trim())"),
                   "a table without a caption")

    def timed(self, act, expected, what):
        """Waits until the page shows `expected` rows, and looks at how long it computed for that."""
        before = self.browser.busy()
        spent = self.browser.evaluate(
            f"new Promise(done => {{ const begun = performance.now(); const table = {TABLE};"
            f" const seen = new MutationObserver(() => {{ if (Number(table.dataset.matching) === {expected}) {{"
            " seen.disconnect(); requestAnimationFrame(() => setTimeout(() => done((performance.now() - begun) / 1000))); } });"
            " seen.observe(table, {attributes: true, attributeFilter: ['data-matching']});"
            f" setTimeout(() => done(-1), 120000); {act} }})")
        self.check(spent >= 0, f"{what}: never {expected} rows, but {self.matching()}")
        spent = self.browser.busy() - before
        self.check(spent < SLOWEST, f"{what}: took {spent:.2f} s")
        self.slowest = max(self.slowest, spent)

    def search(self, word):
        expected = len(self.data.matching(self.language, word))
        self.timed(f"const box = table.querySelector('input[type=search]'); box.value = {json.dumps(word)};"
                   " box.dispatchEvent(new Event('input'));", expected, f"search for {word!r}")
        self.clear()

    @staticmethod
    def until(holds):
        end = time.monotonic() + 10
        while not holds() and time.monotonic() < end:
            time.sleep(0.05)

    def clear(self):
        button = f"[...{TABLE}.querySelectorAll('.tools button')][0]"
        self.until(lambda: not self.browser.evaluate(f"{button}.disabled"))  # there is something to clear a moment later
        self.browser.evaluate(f"{button}.click()")
        self.until(lambda: self.matching() == self.data.count)
        self.same(self.matching(), self.data.count, "rows once filters are cleared")

    def filters(self):
        """Each select box: its second choice; then two of them at once."""
        chosen = {}
        for number, column in enumerate(self.data.filters):
            select = f"table.querySelectorAll('.tools select')[{number}]"
            name = self.browser.evaluate(f"(() => {{ const table = {TABLE}; return {select}.options[1].value.slice(1); }})()")
            rows = self.data.matching(self.language, **{column: name})
            self.check(rows, f"filter {column}={name!r} fits nothing")
            self.timed(f"{select}.value = {select}.options[1].value; {select}.dispatchEvent(new Event('change'));", len(rows),
                       f"filter {column}={name!r}")
            chosen[column] = name
            self.clear()
        two = dict(list(chosen.items())[1:3])
        for column, name in two.items():
            select = f"{TABLE}.querySelectorAll('.tools select')[{self.data.filters.index(column)}]"
            self.browser.evaluate(f"{select}.value = {json.dumps('=' + name)}; {select}.dispatchEvent(new Event('change'))")
        self.same(self.matching(), len(self.data.matching(self.language, **two)), f"filters {two}")
        self.clear()

    def sorts(self):
        """Numbers as numbers and keys as keys, both ways; a third click gives back the order of the file."""
        self.browser.evaluate(f"[...{TABLE}.querySelectorAll('.panel legend input')].forEach(one => one.checked || one.click())")
        self.same(self.browser.evaluate(f"{TABLE}.querySelectorAll('thead th[scope=col]').length"), len(self.data.ids), "all columns")
        packets = self.data.columns["packets"]
        for column, by, sign in (("packets", lambda row: packets[row], 1), ("packets", lambda row: packets[row], -1)):
            head = f"{TABLE}.querySelectorAll('thead th[scope=col]')[{self.data.ids.index(column)}]"
            self.browser.click(f"{head}.querySelector('button')")
            self.same(self.browser.evaluate(f"{head}.ariaSort"), "ascending" if sign == 1 else "descending", "aria-sort")
            expected = sorted(range(self.data.count), key=lambda row: (sign * by(row), row))[:100]
            self.same(self.keys(), [self.shown_key(row) for row in expected], f"order by {column}")
        self.browser.click(f"{head}.querySelector('button')")
        self.same(self.keys()[:20], [self.shown_key(row) for row in range(min(self.data.count, 20))], "order of the file")
        self.addresses()

    def addresses(self):
        at = self.data.ids.index("destination")
        button = f"{TABLE}.querySelectorAll('thead th[scope=col]')[{at}].querySelector('button')"
        self.browser.click(button)
        got = self.browser.evaluate(f"[...{TABLE}.querySelectorAll('tbody tr')].map(row => row.cells[{at}].textContent)")
        four = [tuple(map(int, one.split("."))) for one in got if re.fullmatch(r"[\d.]+", one)]
        self.check(four and four == sorted(four), "addresses are in the order of numbers")
        self.browser.click(button)
        self.browser.click(button)

    def details(self):
        self.browser.click(f"{TABLE}.querySelector('tbody button.more')")
        self.same(self.browser.evaluate(f"{TABLE}.querySelectorAll('tr.detail dt').length"), len(self.data.ids), "columns in the details")
        self.browser.click(f"{TABLE}.querySelector('tbody button.more')")

    def pages(self):
        if self.data.count <= 100:
            return
        next_button = f"[...{TABLE}.querySelectorAll('.pages button')][1]"
        self.browser.click(next_button)
        self.same(self.keys()[0], self.key(100), "first row of the second page")

    def picture(self):
        """A box of the drawing, by mouse and by keyboard, leads to the rows in which its text is found."""
        boxes = self.browser.evaluate("[...document.querySelectorAll('svg a.box')].map(one => one.getAttribute('href'))")
        self.check(len(boxes) > 1, "the drawing has boxes that lead somewhere")
        for number in (0, len(boxes) - 1):
            word = re.fullmatch(r"#rules\?(.*)", boxes[number]).group(1)
            word = self.browser.evaluate(f"decodeURIComponent({json.dumps(word)})")
            link = f"document.querySelectorAll('svg a.box')[{number}]"
            if number == 0:
                self.browser.click(f"{link}.querySelector('text')")
            else:
                self.browser.evaluate(f"{link}.focus()")
                self.browser.press("Enter", 13)
            if " " in word or '"' in word:
                continue  # several words: counted by the search of harmless pages
            expected = len(self.data.matching(self.language, word))
            self.browser.wait(f"{TABLE}.dataset.matching === '{expected}'", 60)
            self.checks += 1
            self.browser.wait(f"{TABLE}.getBoundingClientRect().top < innerHeight && {TABLE}.getBoundingClientRect().top > -60")
            self.same(self.browser.evaluate(f"{TABLE}.contains(document.activeElement)"), True, "the table has the focus")
        self.clear()

    def matrix(self):
        links = self.browser.evaluate("[...document.querySelectorAll('.matrix td a')].map(one => one.getAttribute('href'))")
        self.browser.click("document.querySelector('.matrix td a')")
        pairs = dict(one.split("=") for one in links[0].split("?")[1].split("&"))
        pairs = {column: self.browser.evaluate(f"decodeURIComponent({json.dumps(name)})") for column, name in pairs.items()}
        # Names stand in the data as people read them; hostile ones are escaped there, so they are not the link's.
        if all(re.fullmatch(r"[\w-]+", name) for name in pairs.values()):
            expected = len(self.data.matching(self.language, **pairs))
            self.browser.wait(f"{TABLE}.dataset.matching === '{expected}'", 60)
            self.checks += 1
        self.clear()

    def anchors(self):
        """A row far down, by its address."""
        row = self.data.count - 1
        key = self.browser.evaluate(f"encodeURIComponent({json.dumps(self.key(row))})")
        self.browser.evaluate(f"location.hash = {json.dumps('#rules/' + key)}")
        self.browser.wait(f"{TABLE}.querySelector('tr.target')?.id === {json.dumps('rules/' + key)}")
        self.checks += 1

    def colours(self):
        light = "(() => { const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number); return r + g + b > 384; })()"
        for scheme in ("light", "dark"):
            self.still({"name": "prefers-color-scheme", "value": scheme})
            self.same(self.browser.evaluate(light), scheme == "light", f"light in {scheme}")
            self.browser.click("document.querySelector('button.theme')")
            self.same(self.browser.evaluate(light), scheme != "light", f"light in {scheme} after the button")
            self.browser.click("document.querySelector('button.theme')")
            self.same(self.browser.evaluate(light), scheme == "light", f"light in {scheme} after the button twice")
            self.browser.evaluate("delete document.documentElement.dataset.theme")
            self.take(scheme)
        self.still()

    def take(self, scheme):
        if not self.pictures:
            return
        self.browser.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        shot = self.browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                                 clip={"x": 0, "y": 0, "width": 1440, "height": 2200, "scale": 1})
        (self.pictures / f"{self.path.stem}.{scheme}.png").write_bytes(base64.b64decode(shot["data"]))

    def prints(self):
        """Everything that fits the filters, up to what the page says that it prints."""
        if self.data.count > 2000:
            return
        self.browser.evaluate("dispatchEvent(new Event('beforeprint'))")
        self.same(len(self.keys()), self.data.count, "rows when printing")
        self.browser.evaluate("dispatchEvent(new Event('afterprint'))")
        self.same(len(self.keys()), min(self.data.count, 100), "rows after printing")

    def stays_within_itself(self):
        """No error, no request, no violation of the policy; nothing of the data has run."""
        self.check(any(event.get("method") == "Network.requestWillBeSent" for event in self.browser.events), "requests are seen at all")
        for event in self.browser.events:
            method, parameters = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                self.check(False, f"exception: {parameters['exceptionDetails']}")
            elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "assert", "warning"):
                self.check(False, f"console: {parameters['args']}")
            elif method == "Log.entryAdded":
                self.check(False, f"log: {parameters['entry']['text']}")
            elif method == "Network.requestWillBeSent":
                url = parameters["request"]["url"].split("#")[0]
                self.check(url == self.path.resolve().as_uri(), f"request: {url}")
            elif method == "Page.javascriptDialogOpening":
                self.check(False, "a dialog")
        self.same(self.browser.evaluate("window.hacked === undefined"), True, "nothing of the data ran")
        self.same(self.browser.evaluate("[...document.scripts].filter(one => one.type === '').length"), 1, "scripts")
        self.same(self.browser.evaluate("document.querySelectorAll('img, iframe, object, embed, link, form, [onfocus], [onclick], [style]').length"),
                  0, "elements that no report has")
        self.same(self.browser.evaluate("[...document.querySelectorAll('a')].filter(one => !one.getAttribute('href')?.startsWith('#')).length"),
                  0, "links out of the page")

    def policy_holds(self):
        """The policy itself, not only the page's manners: what a script would do is refused."""
        self.browser.events.clear()
        self.browser.evaluate("(() => { const one = document.createElement('script'); one.textContent = 'window.hacked = 1';"
                              " document.body.append(one); const img = document.createElement('img'); img.src = 'file:///etc/hostname';"
                              " document.body.append(img); document.body.setAttribute('style', 'color: red'); })()")
        self.same(self.browser.evaluate("window.hacked === undefined"), True, "an injected script is refused")
        self.same(self.browser.evaluate("getComputedStyle(document.body).color === 'rgb(255, 0, 0)'"), False, "an injected style is refused")

    def without_script(self):
        self.browser.call("Emulation.setScriptExecutionDisabled", value=True)
        self.browser.call("Page.navigate", url="about:blank")
        self.browser.call("Page.navigate", url=self.path.resolve().as_uri())
        rows, until = [], time.monotonic() + 60
        while len(rows) < min(self.data.count, 50) and time.monotonic() < until:
            time.sleep(0.1)
            try:
                document = self.browser.call("DOM.getDocument")["root"]["nodeId"]
                rows = self.browser.call("DOM.querySelectorAll", nodeId=document, selector="section[data-table] tbody tr")["nodeIds"]
            except Failure:
                pass  # the document was still that of before: it is looked at again
        self.same(len(rows), min(self.data.count, 50), "rows without a script")
        self.browser.call("Emulation.setScriptExecutionDisabled", value=False)

    def counts(self):
        """One row is one row, in French none is one too."""
        words = {"en": ("row", "rows"), "fr": ("ligne", "lignes")}[self.language]
        word = words[self.data.count != 1]
        said = self.browser.evaluate(f"{TABLE}.querySelector('.counter').textContent")
        self.check(said.endswith(f" {word}"), f"the number of rows is {said!r}")

    def all(self):
        self.opens()
        self.counts()
        if self.data.count == 1:
            return print(f"{self.path.name}: 1 row, {self.checks} checks, {len(self.wrong)} wrong")
        for word in ("patients", "ECHUE" if self.language == "fr" else "expired", "10.1.", "no such word"):
            self.search(word)
        for act in (self.filters, self.sorts, self.details, self.picture, self.matrix, self.pages, self.prints, self.anchors,
                    self.colours, self.stays_within_itself, self.policy_holds, self.without_script):
            act()
        print(f"{self.path.name}: {self.data.count} rows, {self.checks} checks, slowest filter {self.slowest:.3f} s, {len(self.wrong)} wrong")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--pictures", type=pathlib.Path)
    arguments.add_argument("pages", nargs="+", type=pathlib.Path)
    given = arguments.parse_args()
    checks = wrong = 0
    browser = Chromium()
    try:
        for path in given.pages:
            visit = Visit(browser, path, given.pictures)
            try:
                visit.all()
            except Failure as why:
                visit.check(False, str(why))
            checks, wrong = checks + visit.checks, wrong + len(visit.wrong)
    finally:
        browser.close()
    print(f"counted: {checks} checks of {len(given.pages)} pages in a browser, {wrong} wrong")
    sys.exit(1 if wrong or not checks else 0)


main()

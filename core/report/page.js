// Takes over the tables of a page: search, order, filters, columns, pages of rows. Everything shown is put there as
// text, never as markup.
"use strict";
(() => {
  const words = {
    en: {
      yes: "yes", no: "no", search: "Search", searchHint: "words of any column", all: "all",
      columns: "Columns", clear: "Clear", rows: { one: "row", other: "rows" }, of: "of", page: "Page",
      previous: "Previous", next: "Next", perPage: "Rows a page", details: "All columns of", link: "Link to this row", theme: "Dark", none: "No row fits.",
      other: "Other", printed: "Only the first rows are printed; narrow the filters to print others.",
      sort: "sort by this column",
    },
    fr: {
      yes: "oui", no: "non", search: "Recherche", searchHint: "mots de toute colonne",
      all: "tous", columns: "Colonnes", clear: "Effacer", rows: { one: "ligne", other: "lignes" }, of: "sur", page: "Page",
      previous: "Précédente", next: "Suivante", perPage: "Lignes par page", details: "Toutes les colonnes de",
      link: "Lien vers cette ligne", theme: "Sombre", none: "Aucune ligne ne convient.", other: "Autres",
      printed: "Seules les premières lignes sont imprimées ; resserrez les filtres pour imprimer les autres.",
      sort: "trier selon cette colonne",
    },
  };
  const language = document.documentElement.lang === "fr" ? "fr" : "en";
  const say = words[language];
  const collator = new Intl.Collator(language, { numeric: true, sensitivity: "base" });
  const inNumbers = new Intl.NumberFormat(language);
  const plural = new Intl.PluralRules(language);
  const inRows = (count) => `${inNumbers.format(count)} ${say.rows[plural.select(count)] ?? say.rows.other}`;
  const longestShown = 160, membersShown = 6, mostPrinted = 2000, mostOptions = 2000;
  const marks = { good: "✓", warning: "▲", bad: "✗" };

  // make("td", {class: "x"}, "text", element…): an element; what is no element becomes text.
  function make(name, attributes = {}, ...content) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) element.setAttribute(key, "");
      else if (value !== false && value !== null) element.setAttribute(key, value);
    }
    element.append(...content);
    return element;
  }

  const isEntry = (entry) => typeof entry === "object" && entry !== null && !Array.isArray(entry);
  const valueOf = (entry) => (isEntry(entry) ? entry.v : entry);
  function textOf(value) {
    if (value === null) return "–";
    if (Array.isArray(value)) return value.length === 0 ? "–" : value.join(", ");
    if (typeof value === "boolean") return value ? say.yes : say.no;
    return String(value);
  }
  // Lower case without accents, so that "echec" finds "Échec".
  function folded(text) {
    const small = text.toLowerCase();
    return /^[\x00-\x7f]*$/.test(small) ? small : small.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  }
  function cut(text, letters) {
    if (text.length <= letters) return text;
    const whole = Array.from(text);
    return whole.length <= letters ? text : whole.slice(0, letters).join("") + "…";
  }

  // A text that sorts as the address or prefix does; null for anything else.
  function addressKey(text) {
    const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
    if (four) return "4" + four.slice(1, 5).map((part) => part.padStart(3, "0")).join("") + (four[5] || "32").padStart(3, "0");
    const six = /^([0-9a-f:]{2,39})(?:\/(\d{1,3}))?$/i.exec(text);
    if (!six || !six[1].includes(":")) return null;
    const halves = six[1].split("::");
    if (halves.length > 2) return null;
    const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
    const missing = halves.length === 2 ? 8 - groups[0].length - groups[1].length : 0;
    const whole = [...groups[0], ...Array(Math.max(missing, 0)).fill("0"), ...(groups[1] || [])];
    return "6" + whole.map((part) => part.padStart(4, "0").toLowerCase()).join("") + (six[2] || "128").padStart(3, "0");
  }

  // Before and after of two values of one column; what is not there stands last.
  function compare(a, b) {
    if (a.value === null || b.value === null) return (a.value === null) - (b.value === null);
    if (typeof a.value === "number" && typeof b.value === "number") return a.value - b.value;
    if (a.address !== null && b.address !== null) return a.address < b.address ? -1 : Number(a.address > b.address);
    if (a.address !== null || b.address !== null) return a.address !== null ? -1 : 1;
    return collator.compare(a.text, b.text);
  }
  function sortable(value) {
    const text = textOf(value);
    const first = Array.isArray(value) && value.length > 0 ? value[0] : text;
    return { value: Array.isArray(value) && value.length === 0 ? null : value, text, address: addressKey(first) };
  }

  // Numbers and single words stay on one line; sentences get room.
  function widthClass(column) {
    if (column.kind === "number") return "number";
    if (column.kind !== "text" && column.kind !== "list") return "word";
    const some = column.values.slice(0, 200);
    const letters = some.reduce((sum, entry) => sum + Math.min(textOf(valueOf(entry)).length, longestShown), 0);
    return letters > 32 * some.length ? "long" : column.kind;
  }

  class Column {
    constructor(data) {
      Object.assign(this, data);
      this.numbers = data.rows ? Uint32Array.from(data.rows) : null;  // of values, by row; null: the row's own
      this.rows = null;
      this.widthClass = widthClass(this);
    }
    number(row) { return this.numbers ? this.numbers[row] : row; }
    entry(row) { return this.values[this.number(row)]; }
    text(row) { return textOf(valueOf(this.entry(row))); }
    searched() {
      this.searchable ??= this.values.map((entry) => folded(textOf(valueOf(entry))));
      return this.searchable;
    }
    // For each value its place in the order.
    ranks() {
      if (this.order) return this.order;
      const keys = this.values.map((entry) => sortable(valueOf(entry)));
      const sorted = Uint32Array.from(keys.keys()).sort((a, b) => compare(keys[a], keys[b]) || a - b);
      this.order = new Uint32Array(keys.length);
      let rank = 0;
      sorted.forEach((value, at) => {
        if (at > 0 && compare(keys[sorted[at - 1]], keys[value]) !== 0) rank = at;
        this.order[value] = rank;
      });
      return this.order;
    }
    // What a value is chosen by: members of a list, the id of a term, its text.
    names(entry) {
      const value = valueOf(entry);
      if (Array.isArray(value) && value.length > 0) return value;
      return [isEntry(entry) && entry.id ? entry.id : typeof value === "boolean" ? String(value) : textOf(value)];
    }
    // Each name with its text and the number of rows, in order.
    choices(rowCount) {
      const counts = new Uint32Array(this.values.length);
      for (let row = 0; row < rowCount; ++row) ++counts[this.number(row)];
      const choices = new Map();
      this.values.forEach((entry, at) => {
        const value = valueOf(entry);
        for (const name of new Set(this.names(entry))) {
          const text = Array.isArray(value) && value.length > 0 ? name : textOf(value);
          const choice = choices.get(name) ?? { name, text, rows: 0, key: sortable(typeof value === "number" ? value : text) };
          choice.rows += counts[at];
          choices.set(name, choice);
        }
      });
      return [...choices.values()].sort((a, b) => compare(a.key, b.key));
    }
  }

  // 'permit "cloud app"' → ["permit", "cloud app"]
  const wordsOf = (text) => [...folded(text).matchAll(/"([^"]*)"?|(\S+)/g)].map((one) => one[1] ?? one[2]).filter(Boolean);

  class Table {
    constructor(section, data) {
      this.section = section;
      this.id = section.dataset.table;
      this.count = data.rows;
      this.keyColumn = data.key;
      this.columns = data.columns.map((column) => new Column(column));
      this.filterColumns = data.filters.filter((at) => this.columns[at]);
      this.shown = this.columns.map((column) => column.shown);
      this.shown[this.keyColumn] = true;
      this.filters = new Map();
      this.query = "";
      this.order = { column: null, down: false };
      this.size = 100;
      this.page = 0;
      this.open = new Set();
      this.table = section.querySelector("table.rows");
      this.frame = section.querySelector(".frame");
      this.title = this.table.caption.textContent;
      this.build();
      this.update();
    }

    // --- Which rows -------------------------------------------------------------------------------------------------
    matching() {
      const masks = [];  // each a list of [column, flags of its values]; a row needs one of them from every mask
      for (const word of wordsOf(this.query)) {
        masks.push(this.columns.map((column) => {
          const flags = new Uint8Array(column.values.length);
          column.searched().forEach((text, at) => { flags[at] = text.includes(word) ? 1 : 0; });
          return [column, flags];
        }).filter(([, flags]) => flags.includes(1)));
      }
      for (const [at, wanted] of this.filters) {
        const column = this.columns[at];
        masks.push([[column, Uint8Array.from(column.values, (entry) => (column.names(entry).includes(wanted) ? 1 : 0))]]);
      }
      const rows = new Uint32Array(this.count);
      let found = 0;
      for (let row = 0; row < this.count; ++row) {
        let fits = true;
        for (let mask = 0; fits && mask < masks.length; ++mask) {
          fits = false;
          const columns = masks[mask];
          for (let i = 0; !fits && i < columns.length; ++i) fits = columns[i][1][columns[i][0].number(row)] === 1;
        }
        if (fits) rows[found++] = row;
      }
      return rows.subarray(0, found);
    }

    update() {
      const rows = this.matching();
      if (this.order.column !== null) {
        const column = this.columns[this.order.column], ranks = column.ranks(), sign = this.order.down ? -1 : 1;
        rows.sort((a, b) => sign * (ranks[column.number(a)] - ranks[column.number(b)]) || a - b);
      }
      this.matches = rows;
      this.page = Math.min(this.page, Math.max(Math.ceil(rows.length / this.size) - 1, 0));
      this.section.dataset.matching = rows.length;
      this.counter.textContent = rows.length === this.count
        ? inRows(this.count)
        : `${inNumbers.format(rows.length)} ${say.of} ${inRows(this.count)}`;
      this.clear.disabled = this.query === "" && this.filters.size === 0;
      this.renderRows();
    }

    // --- What stands around the rows ----------------------------------------------------------------------------------
    build() {
      const id = (name) => `${encodeURIComponent(this.id)}--${name}`;
      this.search = make("input", { type: "search", id: id("search"), placeholder: say.searchHint, autocomplete: "off" });
      let timer = 0;
      this.search.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(() => { this.query = this.search.value; this.page = 0; this.update(); }, 120);
      });
      this.selects = new Map(this.filterColumns.map((at) => [at, this.select(at, id(`filter-${at}`))]));
      const filters = [...this.selects].map(([at, select]) =>
        make("p", { class: "field" }, make("label", { for: select.id }, this.columns[at].heading), select));
      this.clear = make("button", { type: "button" }, say.clear);
      this.clear.addEventListener("click", () => { this.narrow("", []); this.search.focus(); });
      this.counter = make("p", { class: "counter", role: "status" });
      this.pages = make("div", { class: "pages" });
      this.note = make("p", { class: "print-note" }, say.printed);
      this.frame.before(
        make("div", { class: "tools" },
          make("p", { class: "field search" }, make("label", { for: this.search.id }, say.search), this.search),
          ...filters, make("p", { class: "field" }, this.clear), this.columnsPanel()),
        make("div", { class: "line" }, this.counter, this.pages), this.note);
      this.renderHead();
    }

    select(at, id) {
      const select = make("select", { id }, make("option", { value: "" }, say.all));
      for (const choice of this.columns[at].choices(this.count).slice(0, mostOptions))
        select.append(make("option", { value: "=" + choice.name }, `${cut(choice.text, 60)} (${inNumbers.format(choice.rows)})`));
      select.addEventListener("change", () => {
        if (select.value === "") this.filters.delete(at);
        else this.filters.set(at, select.value.slice(1));
        this.page = 0;
        this.update();
      });
      return select;
    }

    columnsPanel() {
      const groups = new Map();
      this.columns.forEach((column, at) => {
        const name = column.group || say.other;
        groups.set(name, [...(groups.get(name) ?? []), at]);
      });
      const panel = make("details", { class: "panel" }, make("summary", {}, say.columns));
      const body = make("div", { class: "groups" });
      for (const [name, members] of groups) body.append(this.columnGroup(name, members));
      panel.append(body);
      return panel;
    }

    columnGroup(name, members) {
      const whole = make("input", { type: "checkbox" });
      const boxes = members.map((at) => make("input", { type: "checkbox", disabled: at === this.keyColumn }));
      const refresh = () => {
        members.forEach((at, i) => { boxes[i].checked = this.shown[at]; });
        const count = members.filter((at) => this.shown[at]).length;
        whole.checked = count === members.length;
        whole.indeterminate = count > 0 && count < members.length;
      };
      const set = (at, on) => { this.shown[at] = on || at === this.keyColumn; };
      const changed = () => { refresh(); this.renderHead(); this.renderRows(); };
      whole.addEventListener("change", () => { members.forEach((at) => set(at, whole.checked)); changed(); });
      boxes.forEach((box, i) => box.addEventListener("change", () => { set(members[i], box.checked); changed(); }));
      refresh();
      return make("fieldset", {}, make("legend", {}, make("label", {}, whole, " ", name)),
        ...members.map((at, i) => make("label", {}, boxes[i], " ", this.columns[at].heading)));
    }

    visible() { return [...this.columns.keys()].filter((at) => this.shown[at]); }

    renderHead() {
      const visible = this.visible();
      const head = make("thead");
      const groups = [];
      for (const at of visible) {
        const name = this.columns[at].group;
        if (groups.length > 0 && groups.at(-1).name === name) ++groups.at(-1).span;
        else groups.push({ name, span: 1 });
      }
      if (groups.length > 1)
        head.append(make("tr", { class: "groups" }, ...groups.map((group) =>
          make(group.name ? "th" : "td", { scope: group.name ? "colgroup" : null, colspan: group.span }, group.name))));
      head.append(make("tr", {}, ...visible.map((at) => this.heading(at))));
      this.table.tHead.replaceWith(head);
    }

    heading(at) {
      const column = this.columns[at];
      const sorted = this.order.column === at ? (this.order.down ? "descending" : "ascending") : "none";
      const button = make("button", { type: "button", title: column.means ? `${column.means} (${say.sort})` : say.sort },
        column.heading, make("span", { class: "arrow", "aria-hidden": "true" }, { ascending: " ▲", descending: " ▼", none: " ↕" }[sorted]));
      button.addEventListener("click", () => {
        if (this.order.column !== at) this.order = { column: at, down: false };
        else if (!this.order.down) this.order = { column: at, down: true };
        else this.order = { column: null, down: false };
        this.page = 0;
        this.renderHead();
        this.update();
        [...this.table.tHead.rows].at(-1).cells[this.visible().indexOf(at)]
          .querySelector("button").focus();
      });
      return make("th", { scope: "col", "aria-sort": sorted, class: column.kind === "number" ? "number" : null }, button);
    }

    // --- Rows ---------------------------------------------------------------------------------------------------------
    renderRows(printing = false) {
      const visible = this.visible();
      const first = printing ? 0 : this.page * this.size;
      const last = printing ? Math.min(this.matches.length, mostPrinted) : Math.min(first + this.size, this.matches.length);
      const body = make("tbody");
      for (let i = first; i < last; ++i) {
        const row = this.matches[i];
        body.append(this.row(row, visible));
        if (this.open.has(row)) body.append(this.detail(row, visible.length));
      }
      if (this.matches.length === 0) body.append(make("tr", {}, make("td", { class: "empty", colspan: visible.length }, say.none)));
      this.table.tBodies[0].replaceWith(body);
      this.note.hidden = this.matches.length <= mostPrinted;
      this.renderPages();
    }

    anchor(row) { return `${this.id}/${encodeURIComponent(this.columns[this.keyColumn].text(row))}`; }

    row(row, visible) {
      const line = make("tr", { id: this.anchor(row), class: this.target === row ? "target" : null });
      for (const at of visible) {
        const column = this.columns[at], entry = column.entry(row);
        if (at !== this.keyColumn) {
          line.append(make("td", { class: column.widthClass }, this.value(entry, false)));
          continue;
        }
        const more = make("button", { type: "button", class: "more", "aria-expanded": String(this.open.has(row)),
          "aria-label": `${say.details} ${cut(column.text(row), 60)}` }, this.open.has(row) ? "▾" : "▸");
        more.addEventListener("click", () => {
          if (!this.open.delete(row)) this.open.add(row);
          this.renderRows();
          document.getElementById(this.anchor(row))?.querySelector("button.more")?.focus();
        });
        line.append(make("th", { scope: "row" }, more, " ", this.value(entry, false)));
      }
      return line;
    }

    value(entry, whole) {
      const value = valueOf(entry), tone = isEntry(entry) ? entry.t : null;
      let text = textOf(value);
      if (!whole && Array.isArray(value) && value.length > membersShown)
        text = value.slice(0, membersShown).join(", ") + ` … [+${value.length - membersShown}]`;
      const short = whole ? text : cut(text, longestShown);
      const inner = isEntry(entry) && entry.to
        ? make("a", { href: "#" + entry.to }, short)
        : make("span", { title: short === textOf(value) ? null : cut(textOf(value), 1000) }, short);
      if (!tone) return inner;
      const sign = marks[tone] ? [make("span", { class: "mark", "aria-hidden": "true" }, marks[tone]), " "] : [];
      return make("span", { class: "tone " + tone }, ...sign, inner);
    }

    detail(row, span) {
      const list = make("dl");
      for (const column of this.columns) {
        list.append(make("div", {}, make("dt", {}, column.heading), make("dd", {}, this.value(column.entry(row), true))));
      }
      return make("tr", { class: "detail" }, make("td", { colspan: span },
        list, make("p", {}, make("a", { href: "#" + this.anchor(row) }, say.link))));
    }

    renderPages() {
      const count = Math.max(Math.ceil(this.matches.length / this.size), 1);
      const step = (text, by) => {
        const button = make("button", { type: "button", disabled: this.page + by < 0 || this.page + by >= count }, text);
        button.addEventListener("click", () => {
          this.page += by;
          this.renderRows();
          this.frame.scrollTop = 0;
          this.pages.querySelectorAll("button:not(:disabled)")[by > 0 ? this.pages.querySelectorAll("button:not(:disabled)").length - 1 : 0]?.focus();
        });
        return button;
      };
      const number = make("input", { type: "number", min: 1, max: count, value: this.page + 1, "aria-label": say.page });
      number.addEventListener("change", () => {
        this.page = Math.min(Math.max(Math.trunc(Number(number.value)) || 1, 1), count) - 1;
        this.renderRows();
      });
      const sizes = make("select", { "aria-label": say.perPage }, ...[50, 100, 250, 1000].map((size) =>
        make("option", { value: size, selected: size === this.size }, `${size} / ${say.page.toLowerCase()}`)));
      sizes.addEventListener("change", () => { this.size = Number(sizes.value); this.page = 0; this.renderRows(); });
      this.pages.replaceChildren(sizes, step(say.previous, -1), make("span", {}, say.page + " ", number, ` / ${inNumbers.format(count)}`), step(say.next, 1));
    }

    // --- Being led here -------------------------------------------------------------------------------------------------
    // chosen: pairs of a column's id and a name of its values; those without a select box narrow the rows all the same.
    narrow(query, chosen) {
      this.query = this.search.value = query;
      this.filters.clear();
      for (const select of this.selects.values()) select.value = "";
      for (const [id, name] of chosen) {
        const at = this.columns.findIndex((column) => column.id === id);
        if (at < 0) continue;
        this.filters.set(at, name);
        const select = this.selects.get(at);
        if (select) select.value = "=" + name;
      }
      this.page = 0;
      this.target = null;
      this.update();
    }

    find(key) {
      const column = this.columns[this.keyColumn];
      for (let row = 0; row < this.count; ++row) if (column.text(row) === key) return row;
      return -1;
    }

    showRow(row) {
      let at = this.matches.indexOf(row);
      if (at < 0) {
        this.narrow("", []);
        at = this.matches.indexOf(row);
      }
      this.page = Math.floor(at / this.size);
      this.target = row;
      this.renderRows();
      const line = document.getElementById(this.anchor(row));
      line?.scrollIntoView({ block: "center" });
      line?.querySelector("button.more")?.focus({ preventScroll: true });
    }

    show() {
      this.section.setAttribute("tabindex", "-1");
      this.section.scrollIntoView({ block: "start" });
      this.section.focus({ preventScroll: true });
    }
  }

  const tables = new Map();
  for (const block of document.querySelectorAll("script[data-rows-of]")) {
    const section = [...document.querySelectorAll("section[data-table]")].find((one) => one.dataset.table === block.dataset.rowsOf);
    if (!section || tables.has(block.dataset.rowsOf) || !section.querySelector("table.rows")) continue;
    tables.set(block.dataset.rowsOf, new Table(section, JSON.parse(block.textContent)));
    block.remove();
  }

  function decoded(text) {
    try { return decodeURIComponent(text); } catch { return text; }
  }

  // Follows "#table", "#table/row", "#table?column=value&…" and "#table?words".
  function route() {
    const [, part, sign, rest] = /^#([^/?]*)([/?]?)(.*)$/.exec(location.hash) ?? [];
    for (const box of document.querySelectorAll("svg a.box"))
      box.classList.toggle("chosen", sign === "?" && box.getAttribute("href") === location.hash);
    if (!part) return;
    const table = tables.get(decoded(part));
    if (table && sign === "/") {
      const row = table.find(decoded(rest));
      if (row >= 0) table.showRow(row);
      else table.show();
    } else if (table && sign === "?") {
      const items = rest.split("&");
      const pairs = items.filter((item) => item.includes("=")).map((item) => item.split("=", 2).map(decoded));
      table.narrow(items.filter((item) => !item.includes("=")).map(decoded).join(" "), pairs);
      table.show();
    } else if (!table && !document.getElementById(part) && !document.getElementById(decoded(part))) {
      // A row's key alone.
      for (const one of tables.values()) {
        const row = one.find(decoded(part));
        if (row >= 0) { one.showRow(row); break; }
      }
    }
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) route();
  });
  addEventListener("hashchange", route);
  addEventListener("beforeprint", () => { for (const table of tables.values()) table.renderRows(true); });
  addEventListener("afterprint", () => { for (const table of tables.values()) table.renderRows(); });

  const preferred = matchMedia("(prefers-color-scheme: dark)");
  const theme = make("button", { type: "button", class: "theme" }, say.theme);
  const isDark = () => (document.documentElement.dataset.theme ?? (preferred.matches ? "dark" : "light")) === "dark";
  const showTheme = () => theme.setAttribute("aria-pressed", String(isDark()));
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    showTheme();
  });
  preferred.addEventListener("change", showTheme);
  showTheme();
  document.querySelector("header.top")?.append(theme);
  document.documentElement.dataset.ready = "";
  route();
})();

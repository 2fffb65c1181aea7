// A ranked list with bars: pages, with search, order and paging, or sites.

import { element } from "../dom.js";
import { CSV_ROWS } from "../questions.js";
import { change, share, short, whole } from "../text.js";
import { pageName } from "./name.js";

const TYPING_MS = 250; // a search waits until the typing rests

/**
 * Shows the answers of /v1/pages or /v1/sites.
 * @param {{noun: "page"|"site", title: string, csv: string, cursor: string, searches: boolean}} kind  cursor: its name in a view
 * @param {(difference: object) => void} go changes the view
 */
export function ranking(root, kind, go) {
  const { noun, title, csv, cursor: cursorName } = kind;
  const search = kind.searches ? searchField(go) : null;
  const heading = element("h2", { id: `${noun}s-title` }, title);
  const rows = `The first ${whole(CSV_ROWS)} ${noun}s`;
  const link = element("a", { class: "csv", data: { csv }, download: true, title: rows }, "CSV");
  const body = element("tbody");
  const sorts = kind.searches ? [sorter("name", "Page", go), sorter("views", "Views", go)] : ["Site", "Views"];
  const [names, views] = sorts.map((label, index) =>
    element("th", { scope: "col", class: index ? "number" : "" }, label),
  );
  const rest = ["Share", "Change"].map((label) =>
    element("th", { scope: "col", class: `number ${label.toLowerCase()}` }, label),
  );
  const head = element("thead", {}, element("tr", {}, names, views, ...rest));
  const table = element("table", { class: "ranking", "aria-labelledby": `${noun}s-title` }, head, body);
  const empty = element("p", { class: "none", hidden: true });
  const first = element("button", { type: "button", onclick: () => go({ [cursorName]: "" }) }, "First");
  const next = element("button", { type: "button" }, "Next");
  const foot = element("div", { class: "paging", hidden: true }, first, next);
  root.append(element("header", { class: "panel-head" }, heading, search?.field ?? null, link), table, empty, foot);
  let cursor = null;
  next.addEventListener("click", () => go({ [cursorName]: cursor }));
  return {
    search: search?.input,
    show(answer, view) {
      const rows = answer[`${noun}s`];
      const most = Math.max(0, ...rows.map((row) => row.views));
      const compared = rows.some((row) => row.previous > 0); // where all is new, nothing is
      body.replaceChildren(...rows.map((row) => line(row, noun, { most, compared }, go)));
      cursor = answer.next;
      table.hidden = rows.length === 0;
      table.classList.toggle("alone", !compared);
      empty.hidden = rows.length > 0;
      empty.textContent =
        view.search && kind.searches ? `No page has “${view.search}” in its name.` : "No views in this period.";
      foot.hidden = !cursor && !view[cursorName];
      first.disabled = !view[cursorName];
      next.disabled = !cursor;
      if (search && document.activeElement !== search.input) search.input.value = view.search;
      names.ariaSort = view.sort === "name" && kind.searches ? "ascending" : null;
      views.ariaSort = view.sort === "views" || !kind.searches ? "descending" : null;
    },
  };
}

function line(row, noun, { most, compared }, go) {
  const name = row[noun];
  const pick = () => go({ kind: noun, name, search: "" });
  const button = element("button", { type: "button", class: "pick", onclick: pick }, pageName(name));
  const changed = compared ? change(row.change, row.previous) : null;
  const bar = element("td", { class: "bar" }, button);
  bar.style.setProperty("--part", most ? (row.views / most).toFixed(4) : "0");
  return element(
    "tr",
    {},
    bar,
    element("td", { class: "number views", title: whole(row.views) }, short(row.views)),
    element("td", { class: "number share" }, share(row.share)),
    element("td", { class: `number change ${changed?.way ?? ""}` }, changed?.text ?? ""),
  );
}

function sorter(sort, label, go) {
  return element("button", { type: "button", class: "sorter", onclick: () => go({ sort }) }, label);
}

function searchField(go) {
  const input = element("input", {
    type: "search",
    placeholder: "Search",
    "aria-label": "Search pages",
    spellcheck: "false",
  });
  let waiting;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => go({ search: input.value }, { replace: true }), TYPING_MS);
  });
  const field = element("label", { class: "search" }, input, element("kbd", { "aria-hidden": "true" }, "/"));
  return { field, input };
}

// The sentence that says what is shown; each of its underlined words can be changed.

import { element } from "./dom.js";
import { choice, menu } from "./menu.js";
import { pageName } from "./panels/name.js";
import { customWords, daysLater, intervalOf, intervalsOf, PERIOD_WORDS } from "./period.js";
import { PERIODS, zoneOf } from "./view.js";

export const PERIOD_KEYS = { today: "D", yesterday: "E", "24h": "H", "7d": "W", "30d": "T", month: "M", year: "Y", "12mo": "L" };
const COMPARE_WORDS = { previous: "the time before", year: "the year before", none: "nothing" };
const KIND_WORDS = { page: "the page", site: "the site", prefix: "pages that begin with" };
const LAST_DAY = "2199-12-31";

/** @param {(difference: object) => void} go changes the view */
export function sentence(root, intervals, go) {
  const what = menu("What is counted");
  const when = menu("Period");
  const against = menu("Compared with");
  const where = menu("Time zone");
  const menus = [what, when, against, where];
  const pick = (from, difference) => () => {
    from.close();
    go(difference);
  };
  document.body.append(...menus.map(({ box }) => box));
  return {
    focus: () => what.word.focus({ preventScroll: true }),
    openPeriod: () => {
      when.open();
      when.box.querySelector("input").focus();
    },
    /** Has the fields begin with the days that are shown. */
    days({ from, to }) {
      const fields = when.box.querySelectorAll("input");
      [from.slice(0, 10), daysLater(to, -1)].forEach((day, index) => (fields[index].value = day));
    },
    show(view) {
      const zone = zoneOf(view);
      const focused = root.contains(document.activeElement) ? document.activeElement : null;
      say(root, view, zone, { what, when, against, where }, go);
      if (focused) (focused.isConnected ? focused : what.word).focus({ preventScroll: true });
      what.fill(...whatChoices(view, (difference) => pick(what, difference)()));
      when.fill(...whenChoices(view, (difference) => pick(when, difference)));
      against.fill(...Object.entries(COMPARE_WORDS).map(([compare, words]) => choice(words, compare === view.compare ? "" : compareKey(view, compare), compare === view.compare, pick(against, { compare }))));
      where.fill(...whereChoices(zone, (difference) => pick(where, difference)));
      const switching = intervals.contains(document.activeElement);
      intervals.replaceChildren(...intervalsOf(view).map((interval) => intervalButton(interval, intervalOf(view), go)));
      if (switching) intervals.querySelector("[aria-pressed=true]").focus({ preventScroll: true });
    },
  };
}

const compareKey = (view, compare) => ((view.compare === "none") === (compare === "previous") ? "X" : "");

function say(root, view, zone, { what, when, against, where }, go) {
  const custom = view.period === "custom";
  what.word.replaceChildren(...(view.kind === "all" ? ["everything"] : [pageName(view.name)]));
  when.word.textContent = custom ? customWords(view.from, view.to) : PERIOD_WORDS[view.period];
  against.word.textContent = COMPARE_WORDS[view.compare];
  where.word.textContent = zoneWord(zone);
  const clear = () => go({ kind: "all", name: "" });
  const off = element("button", { type: "button", class: "off", "aria-label": "Show everything again", title: "Show everything again (Esc)", onclick: clear }, "×");
  const begins = view.kind === "prefix" ? " of pages from " : " of ";
  const link = custom ? ", " : { today: " ", yesterday: " " }[view.period] ?? " in ";
  const compared = view.compare === "none" ? " compared with " : " against ";
  const subject = view.kind === "all" ? [what.word] : [element("span", { class: "chip" }, what.word, off)];
  root.replaceChildren("Views", begins, ...subject, link, together(when.word, ","), compared, together(against.word, ","), " on ", where.word, " time");
}

const together = (word, mark) => element("span", { class: "together" }, word, mark);

const zoneWord = (zone) => (zone === "UTC" ? "UTC" : zone.split("/").at(-1).replaceAll("_", " "));

function whatChoices(view, go) {
  const name = element("input", { type: "text", "aria-label": "Name", required: true, value: view.name, placeholder: "example.com/blog", spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
  const kinds = Object.entries(KIND_WORDS).map(([kind, words]) => element("option", { value: kind, selected: kind === view.kind || (view.kind === "all" && kind === "site") }, words));
  const kind = element("select", { "aria-label": "Kind" }, ...kinds);
  const submit = (event) => {
    event.preventDefault();
    go({ kind: kind.value, name: name.value });
  };
  const form = element("form", { class: "form", onsubmit: submit }, kind, name, element("button", { type: "submit" }, "Show"));
  return [choice("everything", "Esc", view.kind === "all", () => go({ kind: "all", name: "" })), form];
}

function whenChoices(view, pick) {
  const choices = PERIODS.map((period) => choice(PERIOD_WORDS[period], PERIOD_KEYS[period], period === view.period, (event) => pick({ period, from: "", to: "" })(event)));
  const dateField = (label) => element("input", { type: "date", "aria-label": label, required: true, min: "1970-01-01", max: LAST_DAY });
  const [from, to] = [dateField("First day"), dateField("Last day")];
  const submit = (event) => {
    event.preventDefault();
    const [first, last] = [from.value, to.value].sort();
    pick({ period: "custom", from: first, to: last })();
  };
  const show = element("button", { type: "submit" }, "Show", element("kbd", { "aria-hidden": "true" }, "C"));
  const form = element("form", { class: "form dates", onsubmit: submit }, from, element("span", {}, "to"), to, show);
  return [element("div", { class: "choices" }, ...choices), form];
}

function whereChoices(zone, pick) {
  const own = zoneOf({ tz: "" });
  const list = element("datalist", { id: "zones" }, ...Intl.supportedValuesOf("timeZone").map((name) => element("option", { value: name })));
  const name = element("input", { type: "text", list: "zones", "aria-label": "Name of a zone", required: true, placeholder: "America/New_York", spellcheck: "false", autocomplete: "off" });
  const submit = (event) => {
    event.preventDefault();
    pick({ tz: name.value.trim() })();
  };
  const form = element("form", { class: "form", onsubmit: submit }, name, list, element("button", { type: "submit" }, "Show"));
  const known = own === "UTC" ? [] : [choice(`${own}, as this browser`, "", zone === own, pick({ tz: "" }))];
  return [...known, choice("UTC", "", zone === "UTC", pick({ tz: own === "UTC" ? "" : "UTC" })), form];
}

function intervalButton(interval, current, go) {
  return element("button", { type: "button", "aria-pressed": String(interval === current), onclick: () => go({ interval }) }, interval);
}

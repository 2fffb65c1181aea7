// What the menus of the sentence offer.

import { element } from "./dom.js";
import { choice } from "./menu.js";
import { PERIOD_WORDS } from "./period.js";
import { PERIODS, zoneOf } from "./view.js";

export const PERIOD_KEYS = {
  today: "D",
  yesterday: "E",
  "24h": "H",
  "7d": "W",
  "30d": "T",
  month: "M",
  year: "Y",
  "12mo": "L",
};
export const COMPARE_WORDS = { previous: "the time before", year: "the year before", none: "nothing" };
const KIND_WORDS = { page: "the page", site: "the site", prefix: "pages that begin with" };
const LAST_DAY = "2199-12-31";

/** What can be counted. */
export function whatChoices(view, go) {
  const name = element("input", {
    type: "text",
    "aria-label": "Name",
    required: true,
    value: view.name,
    placeholder: "example.com/blog",
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
  });
  const kinds = Object.entries(KIND_WORDS).map(([kind, words]) =>
    element("option", { value: kind, selected: kind === view.kind || (view.kind === "all" && kind === "site") }, words),
  );
  const kind = element("select", { "aria-label": "Kind" }, ...kinds);
  const submit = (event) => {
    event.preventDefault();
    go({ kind: kind.value, name: name.value });
  };
  const form = element(
    "form",
    { class: "form", onsubmit: submit },
    kind,
    name,
    element("button", { type: "submit" }, "Show"),
  );
  return [choice("everything", "Esc", view.kind === "all", () => go({ kind: "all", name: "" })), form];
}

/** The periods, and days of the reader's own. @param {(difference: object) => () => void} pick makes a listener */
export function whenChoices(view, pick) {
  const choices = PERIODS.map((period) =>
    choice(PERIOD_WORDS[period], PERIOD_KEYS[period], period === view.period, (event) =>
      pick({ period, from: "", to: "" })(event),
    ),
  );
  const dateField = (label) =>
    element("input", { type: "date", "aria-label": label, required: true, min: "1970-01-01", max: LAST_DAY });
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

/** The time zones. */
export function whereChoices(zone, pick) {
  const own = zoneOf({ tz: "" });
  const list = element(
    "datalist",
    { id: "zones" },
    ...Intl.supportedValuesOf("timeZone").map((name) => element("option", { value: name })),
  );
  const name = element("input", {
    type: "text",
    list: "zones",
    "aria-label": "Name of a zone",
    required: true,
    placeholder: "America/New_York",
    spellcheck: "false",
    autocomplete: "off",
  });
  const submit = (event) => {
    event.preventDefault();
    pick({ tz: name.value.trim() })();
  };
  const form = element(
    "form",
    { class: "form", onsubmit: submit },
    name,
    list,
    element("button", { type: "submit" }, "Show"),
  );
  const known = own === "UTC" ? [] : [choice(`${own}, as this browser`, "", zone === own, pick({ tz: "" }))];
  return [...known, choice("UTC", "", zone === "UTC", pick({ tz: own === "UTC" ? "" : "UTC" })), form];
}

/** What can be compared with. */
export function againstChoices(view, pick) {
  const toggled = view.compare === "none" ? "previous" : "none"; // by the key X
  return Object.entries(COMPARE_WORDS).map(([compare, words]) =>
    choice(words, compare === toggled ? "X" : "", compare === view.compare, pick({ compare })),
  );
}

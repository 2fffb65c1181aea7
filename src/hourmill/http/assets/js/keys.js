// The keyboard: one letter for each thing people do most, and the list of them.

import { PERIOD_KEYS } from "./choices.js";
import { element } from "./dom.js";
import { PERIOD_WORDS } from "./period.js";

const ROWS = [
  ...Object.entries(PERIOD_KEYS).map(([period, key]) => [key, PERIOD_WORDS[period]]),
  ["C", "choose the days"],
  ["← →", "the period before, after"],
  ["R", "the last 60 minutes"],
  ["I", "next interval"],
  ["X", "compare, or not"],
  ["/", "search pages"],
  ["Esc", "show everything again"],
  ["?", "these keys"],
];

/** @param {Object<string, () => void>} actions by the key's name in lower case, or ArrowLeft, ArrowRight, Escape */
export function keys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches?.("input, select, textarea");
    const open = document.querySelector(":popover-open, dialog[open]");
    if (typing || open) return;
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

/** Fills the list of keys. */
export function keyList(dialog) {
  const rows = ROWS.map(([key, words]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, ...key.split(" ").map((one) => element("kbd", {}, one))),
      element("td", {}, words),
    ),
  );
  const close = element("button", { type: "button", onclick: () => dialog.close() }, "Close");
  dialog.append(
    element("h2", { id: "keys-title" }, "Keys"),
    element("table", {}, element("tbody", {}, ...rows)),
    close,
  );
}

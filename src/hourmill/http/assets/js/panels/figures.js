// The number cards: views, pages, views a day, the busiest hour; each with its change.

import { element } from "../dom.js";
import { change, counted, dayOf, hourOf, short, whole } from "../text.js";

const DAY_MS = 86_400_000;

/** Shows the answer of /v1/totals. */
export function figures(root) {
  const cards = ["Views", "Different pages", "Views a day", "Busiest hour"].map(card);
  root.append(...cards.map(({ card }) => card));
  return {
    show({ views, pages, views_per_day: daily, peak, compare }) {
      const before = compare && { views: compare.views, pages: compare.pages, daily: compare.views / days(compare) };
      fill(cards[0], short(views), whole(views), note(compare?.change, before?.views, views));
      fill(cards[1], short(pages), whole(pages), note(ratio(pages, before?.pages), before?.pages, pages));
      fill(cards[2], short(daily), whole(daily), note(ratio(daily, before?.daily), before?.daily, daily));
      if (peak)
        fill(cards[3], hourOf(peak.start), peak.start, [`${dayOf(peak.start)} · ${counted(peak.views, "view")}`]);
      else fill(cards[3], "–", "", [views ? "not told for so long a period" : "no views"]);
    },
  };
}

function card(label) {
  const value = element("dd", { class: "value" }, "\u00a0");
  const note = element("dd", { class: "note" }, "\u00a0");
  return { card: element("dl", { class: "card" }, element("dt", {}, label), value, note), value, note };
}

function fill({ value, note }, text, full, notes) {
  value.textContent = text;
  value.title = full;
  note.replaceChildren(...notes);
}

function note(ratio, before, now) {
  if (before === undefined || (before === 0 && now === 0)) return ["\u00a0"];
  if (before === 0) return ["none before"];
  const { way, text } = change(ratio, before);
  return [element("span", { class: `change ${way}` }, text), ` from ${short(before)}`];
}

function ratio(now, before) {
  return before ? now / before - 1 : null;
}

/** Of the part that is compared; one at least, as the API has it. */
function days({ range, until }) {
  return Math.max((Date.parse(until) - Date.parse(range.from)) / DAY_MS, 1);
}

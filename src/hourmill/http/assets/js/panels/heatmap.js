// The hours of the week: one grain for each, its area the share of the busiest.

import { element } from "../dom.js";
import { counted, longDayOf, minutesPast, weekdays, whole } from "../text.js";

const HOURS = [...Array(24).keys()];
const two = (number) => String(number).padStart(2, "0");
const clock = (hour, minute = 0) => `${two(hour % 24)}:${two(minute)}`;

/** Shows the answer of /v1/heatmap. */
export function heatmap(root) {
  const grains = new Map();
  const words = element("p", { class: "reading" }, "\u00a0");
  const rows = weekdays("long").map((name, index) => row(index + 1, name, grains));
  const head = element("tr", {}, element("td"), ...HOURS.map(heading));
  const caption = element("caption", { class: "unseen" }, "Views by weekday and hour");
  const table = element("table", { class: "week" }, caption, element("thead", {}, head), element("tbody", {}, ...rows));
  let resting = "\u00a0";
  table.addEventListener("pointerover", (event) => {
    words.textContent = event.target.closest("td[title]")?.title ?? resting;
  });
  table.addEventListener("pointerleave", () => (words.textContent = resting));
  root.append(table, words);
  return {
    /** Nothing can be shown; says why. */
    none(why) {
      table.hidden = true;
      words.textContent = why;
    },
    show({ cells, most, hours_from: since, range }) {
      table.hidden = false;
      resting = most ? "" : "No views in this period.";
      const [past, pastLater] = [range.from, range.to].map(minutesPast);
      const named = past === pastLater ? past : 0;
      for (const { weekday, hour, views } of cells) {
        const { cell, count } = grains.get(weekday * 24 + hour);
        cell.style.setProperty("--part", most ? Math.sqrt(views / most).toFixed(3) : "0");
        cell.classList.toggle("most", views > 0 && views === most);
        count.textContent = whole(views);
        cell.title = `${weekdays("long")[weekday - 1]}, ${clock(hour, named)} to ${clock(hour + 1, named)}: ${counted(views, "view")}`;
        if (views > 0 && views === most) resting = `Busiest: ${cell.title}`;
      }
      if (past || pastLater) resting += ` (hours of this zone begin at ${past || pastLater} past)`;
      if (since) resting += ` (hours are kept from ${longDayOf(since)} on)`;
      words.textContent = resting || "\u00a0";
    },
  };
}

function heading(hour) {
  const shown = hour % 6 === 0 ? clock(hour).slice(0, 2) : "";
  return element("th", { scope: "col", "aria-label": clock(hour) }, shown);
}

function row(weekday, name, grains) {
  const cells = HOURS.map((hour) => {
    const count = element("span", { class: "unseen" }, "0");
    const cell = element("td", { title: "" }, count);
    grains.set(weekday * 24 + hour, { cell, count });
    return cell;
  });
  return element(
    "tr",
    {},
    element("th", { scope: "row", "aria-label": name }, weekdays("short")[weekday - 1]),
    ...cells,
  );
}

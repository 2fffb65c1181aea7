// What the marks of the chart mean: the period, the running part, the period compared with.

import { element } from "../dom.js";
import { customWords, daysLater } from "../period.js";
import { whole } from "../text.js";

/** Shows the legend of an answer of /v1/timeseries. */
export function legend(root, { buckets, range, total, compare }) {
  const marks = [mark("this", `${words(range)}: ${whole(total)}`)];
  if (buckets.some(({ partial }) => partial)) marks.push(mark("running", "still running"));
  if (compare) marks.push(mark("before", `${words(compare.range)}: ${whole(compare.total)}`));
  root.replaceChildren(...marks);
}

function mark(kind, text) {
  return element("span", { class: "mark" }, element("i", { class: kind }), text);
}

function words({ from, to }) {
  const whole = from.slice(11, 16) === "00:00" && to.slice(11, 16) === "00:00";
  return whole ? customWords(from.slice(0, 10), daysLater(to, -1)) : customWords(from, to);
}

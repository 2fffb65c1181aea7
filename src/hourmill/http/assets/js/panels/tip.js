// What is said beside the pointer: the values of the bucket below it.

import { element } from "../dom.js";
import { change, counted, whole } from "../text.js";
import { bucketWords, state } from "./bucket.js";

const BESIDE_PX = 14;

/** Shows the values below the pointer, beside it. */
export function hover(plot, answer, tip) {
  const { idx: index, left } = plot.cursor;
  tip.hidden = index === null || index === undefined || left < 0;
  if (tip.hidden) return;
  tip.replaceChildren(...lines(answer.buckets[index], answer.compare?.buckets[index], answer.range.interval));
  const x = plot.bbox.left / devicePixelRatio + left;
  const beside = x > plot.width / 2 ? x - tip.offsetWidth - BESIDE_PX : x + BESIDE_PX;
  tip.style.translate = `${Math.max(0, Math.min(beside, plot.width - tip.offsetWidth))}px 0`;
}

function lines(bucket, before, interval) {
  const said = [counted(bucket.views, "view"), bucketWords(bucket, interval), state(bucket)];
  const rows = ["strong", "span", "em"].map((tag, index) => element(tag, {}, said[index]));
  if (before) {
    const changed = bucket.partial ? null : change(before.views ? bucket.views / before.views - 1 : null, before.views);
    const words = `${bucketWords(before, interval)}: ${whole(before.views)}`;
    rows.push(element("span", { class: "before" }, words, changed ? ` (${changed.text})` : ""));
  }
  return rows;
}

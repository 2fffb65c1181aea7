// The values of the chart for those who do not see it: a sentence, and a table.

import { element } from "../dom.js";
import { counted, whole } from "../text.js";
import { bucketWords, state } from "./bucket.js";

/** The chart in a sentence. */
export function inWords({ total, buckets, range }) {
  const most = buckets.reduce((best, bucket) => (bucket.views > best.views ? bucket : best), { views: 0 });
  const peak = most.views ? `; most in ${bucketWords(most, range.interval)}: ${whole(most.views)}` : "";
  return `Chart of views by ${range.interval}: ${counted(total, "view")} in all${peak}. As a table below.`;
}

/** Puts all values below the chart, as a table. */
export function valueTable(details, { buckets, compare, range }) {
  const cells = (tag, ...texts) => texts.map((text) => element(tag, tag === "th" ? { scope: "col" } : {}, text));
  const row = (bucket, index) => {
    const views = bucket.partial ? `${whole(bucket.views)} (${state(bucket)})` : whole(bucket.views);
    const before = compare ? [whole(compare.buckets[index]?.views ?? 0)] : [];
    return element("tr", {}, ...cells("td", bucketWords(bucket, range.interval), views, ...before));
  };
  const head = element("tr", {}, ...cells("th", range.interval, "Views", ...(compare ? ["Before"] : [])));
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...buckets.map(row)));
  const box = element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "Views over time as a table" },
    table,
  );
  details.replaceChildren(details.firstElementChild, box);
}

// Views over time: a bar for each bucket, the running one dotted, the comparison as a line of steps.

import uPlot from "../../vendor/uplot/uPlot.esm.js";
import { element } from "../dom.js";
import { customWords, daysLater } from "../period.js";
import { change, counted, dayOf, hourOf, longDayOf, longMonthOf, short, whole } from "../text.js";
import { ticksOf } from "./ticks.js";

const BAR_PART = 0.72; // of a bucket's width; the rest is the furrow between two bars
const WIDEST_BAR = 56;

/**
 * Shows the answer of /v1/timeseries.
 * @param {(first: number, last: number) => void} zoom to these buckets
 */
export function chart(root, table, zoom) {
  const tip = element("div", { class: "tip", hidden: true });
  const stage = element("div", { class: "stage", role: "img", "aria-label": "Views over time" });
  root.append(stage, tip);
  let plot = null;
  let shown = null;

  const draw = () => {
    plot?.destroy();
    tip.hidden = true;
    if (!shown) return;
    const size = { width: stage.clientWidth, height: stage.clientHeight };
    plot = new uPlot({ ...size, ...options(shown, root, tip, zoom) }, columns(shown), stage);
  };
  new ResizeObserver(() => plot?.setSize({ width: stage.clientWidth, height: stage.clientHeight })).observe(stage);
  return {
    show(answer) {
      shown = answer;
      stage.setAttribute("aria-label", inWords(answer));
      draw();
      if (table.open) fill(table, answer);
      table.ontoggle = () => table.open && fill(table, shown);
    },
    answer: () => shown,
    redraw: draw,
  };
}

function columns({ buckets, compare }) {
  const whole = buckets.map(({ views, partial }) => (partial ? null : views));
  const running = buckets.map(({ views, partial }) => (partial ? views : null));
  const before = buckets.map((_, index) => compare?.buckets[index]?.views ?? null);
  return [buckets.map((_, index) => index), whole, running, before];
}

function options(answer, root, tip, zoom) {
  const { buckets, range } = answer;
  const paint = (name) => colour(root, name);
  const [ink, quiet, line, accent, pale, soft] = ["ink", "quiet", "line", "accent", "pale", "soft"].map(paint);
  const axis = { stroke: quiet, font: `12px ${getComputedStyle(root).fontFamily}`, ticks: { show: false } };
  const bars = uPlot.paths.bars({ size: [BAR_PART, WIDEST_BAR], radius: 0.06 });
  const ticks = () => ticksOf(buckets, range.interval, root.clientWidth);
  return {
    padding: [12, 0, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false, dist: 8 } },
    scales: { x: { time: false, range: [-0.5, buckets.length - 0.5] }, y: { range: (_, __, most) => [0, most ? most * 1.06 : 1] } },
    axes: [
      { ...axis, size: 32, grid: { show: false }, splits: () => ticks().map((tick) => tick.index), values: () => ticks().map((tick) => tick.text) },
      { ...axis, size: 44, grid: { stroke: line, width: 1 }, incrs: [1, 2, 5].flatMap((step) => powers(step)).sort((a, b) => a - b), values: (_, splits) => splits.map(short), space: 56 },
    ],
    series: [
      {},
      { paths: bars, points: { show: false }, fill: (plot) => ripening(plot, accent, pale), width: 0 },
      { paths: bars, points: { show: false }, fill: soft, stroke: accent, width: 1.5, dash: [2, 3] },
      { paths: steps, points: { show: false }, stroke: ink, width: 1.25 },
    ],
    hooks: {
      setCursor: [(plot) => hover(plot, answer, tip)],
      setSelect: [(plot) => select(plot, buckets.length, zoom)],
      ready: [(plot) => plot.over.addEventListener("click", () => click(plot, zoom))],
    },
  };
}

/** From pale at the ground to full at the top: high bars stand out, many of them stay calm. */
function ripening(plot, accent, pale) {
  const { top, height } = plot.bbox;
  const gradient = plot.ctx.createLinearGradient(0, top, 0, top + height);
  gradient.addColorStop(0, accent);
  gradient.addColorStop(1, pale);
  return gradient;
}

const powers = (step) => [...Array(15).keys()].map((exponent) => step * 10 ** exponent);

/** The comparison: a level for each bucket, joined upright, as counts belong to the whole bucket. */
function steps(plot, series, first, last) {
  const path = new Path2D();
  let pen = false;
  for (let index = first; index <= last; index++) {
    const views = plot.data[series][index];
    if (views === null) {
      pen = false;
      continue;
    }
    const [left, right] = [-0.5, 0.5].map((side) => plot.valToPos(index + side, "x", true));
    const y = plot.valToPos(views, "y", true);
    path[pen ? "lineTo" : "moveTo"](left, y);
    path.lineTo(right, y);
    pen = true;
  }
  return { stroke: path, fill: null, clip: null, band: null, gaps: null, flags: 0 };
}

function hover(plot, answer, tip) {
  const { idx, left } = plot.cursor;
  tip.hidden = idx === null || idx === undefined || left < 0;
  if (tip.hidden) return;
  const bucket = answer.buckets[idx];
  const before = answer.compare?.buckets[idx];
  const rows = [element("strong", {}, counted(bucket.views, "view")), element("span", {}, bucketWords(bucket, answer.range.interval))];
  if (bucket.partial) rows.push(element("em", {}, begun(bucket) ? "still running" : "to come"));
  if (before) {
    const changed = bucket.partial ? null : change(before.views ? bucket.views / before.views - 1 : null, before.views);
    const words = `${bucketWords(before, answer.range.interval)}: ${whole(before.views)}`;
    rows.push(element("span", { class: "before" }, words, changed ? ` (${changed.text})` : ""));
  }
  tip.replaceChildren(...rows);
  const x = plot.bbox.left / devicePixelRatio + left;
  const beside = x > plot.width / 2 ? x - tip.offsetWidth - 14 : x + 14;
  tip.style.translate = `${Math.max(0, Math.min(beside, plot.width - tip.offsetWidth))}px 0`;
}

function select(plot, count, zoom) {
  const { left, width } = plot.select;
  if (width === 0) return;
  const [first, last] = [left, left + width].map((x) => Math.round(plot.posToVal(x, "x")));
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  zoom(Math.max(0, first), Math.min(count - 1, last));
}

function click(plot, zoom) {
  const { idx } = plot.cursor;
  if (idx !== null && idx !== undefined) zoom(idx, idx);
}

const begun = ({ start }) => Date.parse(start) <= Date.now();

/** When a bucket is, in words. */
function bucketWords({ start }, interval) {
  switch (interval) {
    case "hour":
      return `${dayOf(start)}, ${hourOf(start)}`;
    case "day":
      return longDayOf(start);
    case "week":
      return customWords(start.slice(0, 10), daysLater(start, 6));
    default:
      return longMonthOf(start);
  }
}

function inWords({ total, buckets, range }) {
  const most = buckets.reduce((best, bucket) => (bucket.views > best.views ? bucket : best), { views: 0 });
  const peak = most.views ? `; most in ${bucketWords(most, range.interval)}: ${whole(most.views)}` : "";
  return `Chart of views by ${range.interval}: ${counted(total, "view")} in all${peak}. As a table below.`;
}

function fill(details, { buckets, compare, range }) {
  const cells = (tag, ...texts) => texts.map((text) => element(tag, tag === "th" ? { scope: "col" } : {}, text));
  const row = (bucket, index) => {
    const views = whole(bucket.views) + (bucket.partial ? (begun(bucket) ? " (running)" : " (to come)") : "");
    const before = compare ? [whole(compare.buckets[index]?.views ?? 0)] : [];
    return element("tr", {}, ...cells("td", bucketWords(bucket, range.interval), views, ...before));
  };
  const head = element("tr", {}, ...cells("th", range.interval, "Views", ...(compare ? ["Before"] : [])));
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...buckets.map(row)));
  const box = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Views over time as a table" }, table);
  details.replaceChildren(details.firstElementChild, box);
}

/** A colour of the style sheet as canvas takes it, whichever of dark and light is on. */
function colour(root, name) {
  const probe = element("i");
  probe.style.color = `var(--${name})`;
  root.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

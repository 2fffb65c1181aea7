// Views over time: a bar for each bucket, the running one dotted, the comparison as a line of steps.

import uPlot from "../../vendor/uplot/uPlot.esm.js";
import { element } from "../dom.js";
import { short } from "../text.js";
import { colour, ripening, steps } from "./marks.js";
import { ticksOf } from "./ticks.js";
import { hover } from "./tip.js";
import { inWords, valueTable } from "./values.js";

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
      if (table.open) valueTable(table, answer);
      table.ontoggle = () => table.open && valueTable(table, shown);
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
    scales: {
      x: { time: false, range: [-0.5, buckets.length - 0.5] },
      y: { range: (_, __, most) => [0, most ? most * 1.06 : 1] },
    },
    axes: [
      {
        ...axis,
        size: 32,
        grid: { show: false },
        splits: () => ticks().map((tick) => tick.index),
        values: () => ticks().map((tick) => tick.text),
      },
      {
        ...axis,
        size: 44,
        grid: { stroke: line, width: 1 },
        incrs: [1, 2, 5].flatMap((step) => powers(step)).sort((a, b) => a - b),
        values: (_, splits) => splits.map(short),
        space: 56,
      },
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

const powers = (step) => [...Array(15).keys()].map((exponent) => step * 10 ** exponent);

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

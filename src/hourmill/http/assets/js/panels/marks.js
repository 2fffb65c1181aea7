// How the marks of the chart are drawn: their colours, and the line of the comparison.

import { element } from "../dom.js";

/** A colour of the style sheet as canvas takes it, whichever of dark and light is on. */
export function colour(root, name) {
  const probe = element("i");
  probe.style.color = `var(--${name})`;
  root.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** From pale at the ground to full at the top: high bars stand out, many of them stay calm. */
export function ripening(plot, accent, pale) {
  const { top, height } = plot.bbox;
  const gradient = plot.ctx.createLinearGradient(0, top, 0, top + height);
  gradient.addColorStop(0, accent);
  gradient.addColorStop(1, pale);
  return gradient;
}

/** The comparison: a level for each bucket, joined upright, as counts belong to the whole bucket. */
export function steps(plot, series, first, last) {
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

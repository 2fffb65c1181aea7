// The words below the chart: as many as fit, at hours, days and months that people count in. Pure.

import { dayOf, hourOf, monthOf, shortDayOf, yearOf } from "../text.js";

const LABEL_PX = 64; // wide enough for "30 May" and air
const WIDE_LABEL_PX = 92; // for "Sun, 30 May"
const HOUR_STRIDES = [1, 2, 3, 6, 12, 24, 48, 96, 168, 336];
const DAY_STRIDES = [1, 2, 4, 7, 14, 28];
const MONTH_STRIDES = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200];

/** @returns {{index: number, text: string}[]} */
export function ticksOf(buckets, interval, widthPx) {
  const fit = Math.max(2, Math.floor(widthPx / (interval === "hour" ? WIDE_LABEL_PX : LABEL_PX)));
  const inside = ({ index }) => widthPx - ((index + 0.5) / buckets.length) * widthPx > LABEL_PX / 2;
  return candidates(buckets, interval, fit).filter(inside);
}

function candidates(buckets, interval, fit) {
  const stride = (strides, count) => strides.find((one) => count / one <= fit) ?? strides.at(-1);
  switch (interval) {
    case "hour":
      return hours(buckets, stride(HOUR_STRIDES, buckets.length));
    case "day":
      return buckets.length > DAY_STRIDES.at(-1) * fit || buckets.length > 120
        ? monthStarts(buckets, fit)
        : every(buckets, stride(DAY_STRIDES, buckets.length), shortDayOf);
    case "week":
      return every(buckets, Math.ceil(buckets.length / fit), shortDayOf);
    default:
      return months(buckets, stride(MONTH_STRIDES, buckets.length));
  }
}

const labelled = (buckets, wanted, word) =>
  buckets.flatMap(({ start }, index) => (wanted(start, index) ? [{ index, text: word(start) }] : []));

function every(buckets, stride, word) {
  return labelled(buckets, (_, index) => index % stride === 0, word);
}

function hours(buckets, stride) {
  const hour = (start) => Number(start.slice(11, 13));
  const several = new Set(buckets.map(({ start }) => start.slice(0, 10))).size > 1;
  if (stride < 24) {
    return labelled(
      buckets,
      (start) => hour(start) % stride === 0,
      (start) => (hour(start) || !several ? hourOf(start) : dayOf(start)),
    );
  }
  let midnights = 0;
  const due = (start) => hour(start) === 0 && midnights++ % (stride / 24) === 0;
  return labelled(buckets, due, buckets.length <= 192 ? dayOf : shortDayOf);
}

function monthStarts(buckets, fit) {
  const starts = buckets.filter(({ start }) => start.slice(8, 10) === "01").length;
  const stride = MONTH_STRIDES.find((one) => starts / one <= fit) ?? 1;
  let seen = 0;
  const due = (start) => start.slice(8, 10) === "01" && seen++ % stride === 0;
  return labelled(buckets, due, monthWord);
}

function months(buckets, stride) {
  const month = (start) => Number(start.slice(0, 4)) * 12 + Number(start.slice(5, 7)) - 1;
  return labelled(buckets, (start) => month(start) % stride === 0, stride >= 12 ? yearOf : monthWord);
}

const monthWord = (start) => (start.slice(5, 7) === "01" ? yearOf(start) : monthOf(start));

// A bucket of the chart, in words. Pure.

import { customWords, daysLater } from "../period.js";
import { dayOf, hourOf, longDayOf, longMonthOf } from "../text.js";

/** What is to be said of a bucket that is not over; "" if it is. */
export function state({ start, partial }) {
  if (!partial) return "";
  return Date.parse(start) <= Date.now() ? "still running" : "to come";
}

/** When a bucket is, in words. */
export function bucketWords({ start }, interval) {
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

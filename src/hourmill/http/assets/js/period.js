// Periods: their names, the one before and after, and the intervals that suit them. Pure.

import { daysOf, hourOf, longDayOf, longMonthOf, shortDayOf, yearOf } from "./text.js";

const DAY_MS = 86_400_000;
const DAYS = { today: 1, yesterday: 1, "24h": 1, "7d": 7, "30d": 30, month: 31, year: 366, "12mo": 366 };

export const PERIOD_WORDS = {
  today: "today",
  yesterday: "yesterday",
  "24h": "the last 24 hours",
  "7d": "the last 7 days",
  "30d": "the last 30 days",
  month: "this month",
  year: "this year",
  "12mo": "the last 12 months",
};

const dateMs = (date) => Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
const dateOf = (ms) => new Date(ms).toISOString().slice(0, 10);
const isOfHours = (view) => view.period === "24h" || view.from.includes("T");

/** The date so many days later. */
export const daysLater = (date, days) => dateOf(dateMs(date) + days * DAY_MS);

/** The same day of another month; the first stays the first. */
function monthsLater(date, months) {
  const day = new Date(dateMs(date));
  return dateOf(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + months, day.getUTCDate()));
}

/** About how many days a view has: enough to choose an interval. */
export function lengthDays(view) {
  if (view.period !== "custom") return DAYS[view.period];
  const hours = view.from.includes("T") ? 0 : 1; // the last day is included, the last hour is not
  return Math.max((Date.parse(view.to) - Date.parse(view.from)) / DAY_MS + hours, 0) || 1;
}

/** The intervals that make a readable chart, finest first. */
export function intervalsOf(view) {
  const days = lengthDays(view);
  const fits = { hour: days <= 31, day: days >= 2 && days <= 1_100, week: days >= 14, month: days >= 59 };
  return Object.keys(fits).filter((interval) => fits[interval]);
}

/** The interval in use. */
export function intervalOf(view) {
  if (intervalsOf(view).includes(view.interval)) return view.interval;
  const days = lengthDays(view);
  return days <= 8 ? "hour" : days <= 400 ? "day" : "month";
}

/** A custom period as people write it: a year, a month, a day, days or hours. */
export function customWords(from, to) {
  if (from.includes("T")) return `${shortDayOf(from)} ${hourOf(from)} – ${shortDayOf(to)} ${hourOf(to)}`;
  const next = daysLater(to, 1);
  if (from === to) return longDayOf(from);
  if (from.endsWith("-01-01") && next === `${Number(from.slice(0, 4)) + 1}-01-01`) return yearOf(from);
  if (from.endsWith("-01") && next === monthsLater(from, 1)) return longMonthOf(from);
  return daysOf(from, to);
}

/**
 * What changes in a view for the period as long as its own, right after (1) or before (-1).
 * @param {{from: string, to: string}} range of the view, as the API has answered it
 */
export function neighbour(view, range, direction) {
  if (isOfHours(view)) {
    const [from, to] = [Date.parse(range.from), Date.parse(range.to)];
    const moved = (ms) => `${new Date(ms + direction * (to - from)).toISOString().slice(0, 19)}Z`;
    return { period: "custom", from: moved(from), to: moved(to) };
  }
  const [from, to] = [range.from.slice(0, 10), range.to.slice(0, 10)];
  const months = from.endsWith("-01") && to.endsWith("-01") ? monthsBetween(from, to) : 0;
  const days = (dateMs(to) - dateMs(from)) / DAY_MS;
  const moved = (date) => (months ? monthsLater(date, direction * months) : daysLater(date, direction * days));
  return { period: "custom", from: moved(from), to: daysLater(moved(to), -1) };
}

/** The range of a view with days or hours of its own: known before it is answered. */
export function rangeOfCustom({ from, to }) {
  return from.includes("T") ? { from, to } : { from, to: daysLater(to, 1) };
}

function monthsBetween(from, to) {
  const [first, last] = [new Date(dateMs(from)), new Date(dateMs(to))];
  return (last.getUTCFullYear() - first.getUTCFullYear()) * 12 + last.getUTCMonth() - first.getUTCMonth();
}

/** What changes in a view to show only these buckets of a chart. */
export function zoomed(interval, start, end) {
  if (interval === "hour" && Date.parse(end) - Date.parse(start) < DAY_MS) {
    const utc = (text) => `${new Date(text).toISOString().slice(0, 19)}Z`;
    return { period: "custom", from: utc(start), to: utc(end), interval: "" };
  }
  const to = end.slice(11, 16) === "00:00" ? daysLater(end, -1) : end.slice(0, 10);
  return { period: "custom", from: start.slice(0, 10), to, interval: "" };
}

// Numbers and dates as the reader's own language writes them.

const LANGUAGES = navigator.languages;
const WHOLE = new Intl.NumberFormat(LANGUAGES);
const SHORT = new Intl.NumberFormat(LANGUAGES, { notation: "compact", maximumSignificantDigits: 3 });
const ONE_DIGIT = new Intl.NumberFormat(LANGUAGES, { maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat(LANGUAGES, { style: "percent", maximumFractionDigits: 0 });
const SHARE = new Intl.NumberFormat(LANGUAGES, { style: "percent", maximumFractionDigits: 1 });
const SHORTENED_FROM = 1_000_000; // six digits still fit into a card, and into a list
const ROUNDED_FROM = 100; // whose tenths tell nobody anything
const MANIFOLD_FROM = 9.995; // from ten times on, "×12" says more than "+1100 %"

/** All digits. */
export const whole = (number) => WHOLE.format(number);

/** At most three digits of a large number, tenths of a small one. */
export function short(number) {
  if (number >= SHORTENED_FROM) return SHORT.format(number);
  return number >= ROUNDED_FROM ? WHOLE.format(Math.round(number)) : ONE_DIGIT.format(number);
}

/** A part of the whole, 0 to 1. */
export const share = (part) => SHARE.format(part);

/** "1 view", "2 views". */
export const counted = (number, noun) => `${whole(number)} ${noun}${number === 1 ? "" : "s"}`;

/** How a number stands to the one before: up, down or even, and in words of a few characters. */
export function change(ratio, before) {
  if (ratio === null) return before === 0 ? { way: "up", text: "new" } : null;
  if (Math.abs(ratio) < 0.005) return { way: "even", text: "±0" };
  const text = ratio + 1 >= MANIFOLD_FROM ? `×${WHOLE.format(Math.round(ratio + 1))}` : PERCENT.format(Math.abs(ratio));
  return ratio > 0 ? { way: "up", text: `▲ ${text}` } : { way: "down", text: `▼ ${text}` };
}

// An answer's times bear the offset of their zone: their wall clock is read as if it were UTC, no zone is needed here.
const wall = (text) => new Date(`${text.slice(0, 16)}Z`);
/** At how many minutes past, by the clocks of its zone, hours of UTC begin at an answer's time. */
export function minutesPast(text) {
  const [, sign, minutes] = /([+-])\d\d:(\d\d)$/.exec(text) ?? ["", "+", "0"];
  return (sign === "-" ? 60 - Number(minutes) : Number(minutes)) % 60;
}

const format = (options) => {
  const formatter = new Intl.DateTimeFormat(LANGUAGES, { timeZone: "UTC", ...options });
  return (text) => formatter.format(wall(text.length === 10 ? `${text}T00:00` : text));
};

export const hourOf = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const dayOf = format({ weekday: "short", day: "numeric", month: "short" });
export const longDayOf = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
export const shortDayOf = format({ day: "numeric", month: "short" });
export const monthOf = format({ month: "short" });
export const longMonthOf = format({ month: "long", year: "numeric" });
export const yearOf = format({ year: "numeric" });

const DAYS = new Intl.DateTimeFormat(LANGUAGES, { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" });

/** The dates from the first to the last, like "17 – 20 May 2015". */
export function daysOf(first, last) {
  const [start, end] = [first, last].map((date) => wall(`${date}T00:00`));
  return start > end ? `${DAYS.format(start)} – ${DAYS.format(end)}` : DAYS.formatRange(start, end);
}

/** The seven days, Monday first. */
export function weekdays(width) {
  const name = format({ weekday: width });
  return [1, 2, 3, 4, 5, 6, 7].map((day) => name(`2024-01-0${day}`)); // the first of January 2024 was a Monday
}

/** A moment as the clocks of a zone show it, without an offset; as it is, if it has none itself. */
export function localIn(zone, text) {
  if (!/(Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes("T")) return text;
  const options = { timeZone: zone, dateStyle: "short", timeStyle: "short" };
  try {
    return new Intl.DateTimeFormat("sv-SE", options).format(new Date(text)).replace(" ", "T"); // Sweden writes ISO 8601
  } catch {
    return text; // there is no such zone: the API will say so
  }
}

/** The wall clock of an instant, in a zone. */
export function clockIn(zone, instant) {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
  return new Intl.DateTimeFormat(LANGUAGES, options).format(instant);
}

// What is shown: a frozen view, read from the address bar and written there.

/**
 * @typedef {object} View
 * @property {string} period one of PERIODS, or custom with from and to
 * @property {string} from the first local day, or an hour; "" unless custom
 * @property {string} to the last local day (included), or an hour (not included); "" unless custom
 * @property {string} tz the IANA name of the zone; "" is the browser's
 * @property {"all"|"page"|"site"|"prefix"} kind
 * @property {string} name of the page, the site, or what pages begin with
 * @property {string} interval hour, day, week, month; "" is what suits the period
 * @property {"previous"|"year"|"none"} compare
 * @property {string} search what names of pages contain
 * @property {"views"|"name"} sort
 * @property {string} after the cursor of the pages shown; "" is the top
 * @property {string} sites_after the same for sites
 */

export const PERIODS = ["today", "yesterday", "24h", "7d", "30d", "month", "year", "12mo"];
export const KINDS = ["page", "site", "prefix"];
const DEFAULTS = Object.freeze({
  period: "30d",
  from: "",
  to: "",
  tz: "",
  kind: "all",
  name: "",
  interval: "",
  compare: "previous",
  search: "",
  sort: "views",
  after: "",
  sites_after: "",
});
const TOP = Object.freeze({ after: "", sites_after: "" });
const MOMENT = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):00(:00)?(Z|[+-]\d\d:\d\d)?)?$/;
const ALLOWED = {
  interval: ["hour", "day", "week", "month"],
  compare: ["previous", "year", "none"],
  sort: ["views", "name"],
};

/** The view that a query string names; what it cannot mean is left at its default. @returns {View} */
export function viewOf(query) {
  const given = new URLSearchParams(query);
  const view = { ...DEFAULTS };
  for (const name of ["from", "to", "tz", "interval", "compare", "search", "sort", "after", "sites_after"]) {
    const value = given.get(name);
    if (value && (ALLOWED[name]?.includes(value) ?? true)) view[name] = value;
  }
  if (MOMENT.test(view.from) && MOMENT.test(view.to)) view.period = "custom";
  else Object.assign(view, { from: "", to: "" });
  if (PERIODS.includes(given.get("period")) && view.period !== "custom") view.period = given.get("period");
  const kind = KINDS.find((one) => given.has(one));
  if (kind) Object.assign(view, { kind, name: given.get(kind) });
  return Object.freeze(view);
}

/** The query string of a view: only what differs from the defaults, so that the start is "/". */
export function queryOf(view) {
  const written = new URLSearchParams();
  if (view.kind !== "all") written.set(view.kind, view.name);
  for (const name of Object.keys(DEFAULTS)) {
    if (name === "kind" || name === "name" || (name === "period" && view.period === "custom")) continue;
    if (view[name] !== DEFAULTS[name]) written.set(name, view[name]);
  }
  const query = written.toString();
  return query && `?${query}`;
}

/**
 * The view with some of it changed. Another period has the interval that suits it. But for turning a list's pages,
 * lists begin at their top again.
 * @returns {View}
 */
export function changed(view, difference) {
  const turns = Object.keys(difference).every((name) => name in TOP);
  const again = { ...(turns ? {} : TOP), ...("period" in difference ? { interval: "" } : {}) };
  return Object.freeze({ ...view, ...again, ...difference });
}

/** The zone in which days begin and end. */
export function zoneOf(view) {
  return view.tz || Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

// What a view asks the API, panel by panel.

import { csvAddress, rangeOf } from "./api.js";
import { intervalOf, lengthDays } from "./period.js";
import { zoneOf } from "./view.js";

const PAGES = 10; // shown at once
const SITES = 6; // as high as the week beside them
const WEEKS_OF_DAYS = 830; // the API gives the hours of the week for 20,000 hours
export const CSV_ROWS = 10_000; // the most that one answer has

/** The parameters of each question, by its path below /v1. */
export function questionsOf(view) {
  const zone = zoneOf(view);
  const common = rangeOf(view, zone);
  const { compare, ...plain } = common;
  const list = { ...common, limit: PAGES };
  return {
    totals: common,
    timeseries: { ...common, interval: intervalOf(view) },
    pages: { ...list, search: view.search || undefined, sort: view.sort, after: view.after || undefined },
    sites: { ...list, limit: SITES, after: view.sites_after || undefined },
    ...(lengthDays(view) <= WEEKS_OF_DAYS ? { heatmap: plain } : {}),
  };
}

/** Has the CSV links ask the same, but for all rows from the top. */
export function csvLinks(asked) {
  for (const link of document.querySelectorAll("[data-csv]")) {
    const { after, limit, ...question } = asked[link.dataset.csv] ?? {};
    link.hidden = !asked[link.dataset.csv];
    link.href = csvAddress(link.dataset.csv, limit ? { ...question, limit: CSV_ROWS } : question);
  }
}

// Questions to the service, and what can go wrong with them.

const RETRY_S = 5; // when nothing answers, nobody says how long to wait

/** An answer that is not the one asked for. `status` 0: there was none at all. */
export class Trouble extends Error {
  constructor(status, detail, faults, retryS) {
    super(detail);
    Object.assign(this, { status, faults, retryS });
  }

  /** Whether the same question may be answered later. */
  get passes() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The answer to GET /v1/{path}. @throws {Trouble} */
export async function ask(path, parameters, signal) {
  let response;
  try {
    response = await fetch(address(path, parameters), { signal, headers: { accept: "application/json" } });
    if (response.ok) return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble(response?.status ?? 0, "The service does not answer.", [], RETRY_S);
  }
  const problem = await response.json().catch(() => ({}));
  const retryS = Number(response.headers.get("retry-after")) || RETRY_S;
  throw new Trouble(response.status, problem.detail ?? response.statusText, problem.errors ?? [], retryS);
}

/** The address of an answer as CSV. */
export function csvAddress(path, parameters) {
  return address(path, { ...parameters, format: "csv" });
}

/** The address of an answer, without parameters that are undefined. An empty one says something: the site of no name. */
export function address(path, parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return `v1/${path}?${new URLSearchParams(given)}`;
}

/** The parameters that every question about a view has. */
export function scopeOf(view) {
  return view.kind === "all" ? {} : { [view.kind]: view.name };
}

/** Scope, period, zone and comparison of a view. */
export function rangeOf(view, zone) {
  const custom = view.period === "custom";
  return {
    ...scopeOf(view),
    ...(custom ? { from: view.from, to: view.to } : { period: view.period }),
    tz: zone,
    compare: view.compare === "none" ? undefined : view.compare,
  };
}

CREATE TABLE journal (
    seq   INTEGER PRIMARY KEY,
    cells BLOB NOT NULL -- core/batch.py, encode_cells
) STRICT;

CREATE TABLE idempotency_keys (
    key_hash   BLOB    PRIMARY KEY,
    claimed_at INTEGER NOT NULL -- seconds since 1970
) WITHOUT ROWID, STRICT;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (claimed_at);

CREATE TABLE import_stretches (
    id     INTEGER PRIMARY KEY,
    start  BLOB NOT NULL,
    prints BLOB NOT NULL
) STRICT;

CREATE INDEX import_stretches_by_start ON import_stretches (start);

CREATE TABLE "page_views" (
    view_hour TEXT    NOT NULL, -- UTC, as datetime() writes it: 2025-07-16 10:00:00
    page      TEXT    NOT NULL,
    shard_key INTEGER NOT NULL,
    views     INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    PRIMARY KEY (view_hour, page, shard_key)
) WITHOUT ROWID, STRICT;

CREATE TABLE page_views_daily (
    view_day TEXT    NOT NULL, -- UTC, as date() writes it: 2025-07-16
    page     TEXT    NOT NULL,
    views    INTEGER NOT NULL,
    PRIMARY KEY (view_day, page)
) WITHOUT ROWID, STRICT;

CREATE TABLE site_views (
    view_hour TEXT    NOT NULL,
    site      TEXT    NOT NULL, -- what stands before the first / of a page
    views     INTEGER NOT NULL,
    PRIMARY KEY (view_hour, site)
) WITHOUT ROWID, STRICT;

CREATE TABLE dirty_days (
    view_day TEXT    PRIMARY KEY,
    rolling  INTEGER NOT NULL DEFAULT 0 -- 1: being rolled up; whoever raises an hour of it says 0 again
) WITHOUT ROWID, STRICT;

CREATE TABLE kept_from (
    hours TEXT NOT NULL -- UTC, the first of a month, as date() writes it
) STRICT;

CREATE TABLE janitor (
    began_at INTEGER NOT NULL, -- seconds since 1970
    took_ms  INTEGER NOT NULL,
    rows     INTEGER NOT NULL, -- that went
    bytes    INTEGER NOT NULL  -- that were given back
) STRICT;

CREATE TABLE access_keys (
    key_id     TEXT    PRIMARY KEY,
    digest     BLOB    NOT NULL, -- SHA-256 of the key: enough to know it again
    name       TEXT    NOT NULL,
    scopes     TEXT    NOT NULL, -- of write, read, admin; parted by spaces
    site       TEXT,             -- NULL: every site
    created_at INTEGER NOT NULL, -- seconds since 1970, like the others
    expires_at INTEGER,          -- NULL: never
    used_at    INTEGER,          -- NULL: not yet
    parent     TEXT              -- of a signed-in browser: the key it signed in with
) WITHOUT ROWID, STRICT;

CREATE TABLE page_views_monthly (
    page       TEXT    NOT NULL,
    view_month TEXT    NOT NULL, -- UTC, its first day, as date() writes it: 2025-07-01
    views      INTEGER NOT NULL,
    PRIMARY KEY (page, view_month)
) WITHOUT ROWID, STRICT;

-- Hours in the order of time; counters by day and by site, made from them; how far back hours are kept.

-- In the order of time: what is counted now lies together, and so does what goes because it is old.
CREATE TABLE page_views_by_time (
    view_hour TEXT    NOT NULL, -- UTC, as datetime() writes it: 2025-07-16 10:00:00
    page      TEXT    NOT NULL,
    shard_key INTEGER NOT NULL,
    views     INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    PRIMARY KEY (view_hour, page, shard_key)
) WITHOUT ROWID, STRICT;

INSERT INTO page_views_by_time (view_hour, page, shard_key, views, partition)
SELECT view_hour, page, shard_key, views, partition FROM page_views ORDER BY view_hour, page, shard_key;

DROP TABLE page_views;

ALTER TABLE page_views_by_time RENAME TO page_views;

-- Sums of the hours of page_views, for each day that is not in dirty_days (docs/schema.md, "Grains").
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

-- Days whose hours were raised since they were rolled up.
CREATE TABLE dirty_days (
    view_day TEXT    PRIMARY KEY,
    rolling  INTEGER NOT NULL DEFAULT 0 -- 1: being rolled up; whoever raises an hour of it says 0 again
) WITHOUT ROWID, STRICT;

INSERT INTO dirty_days (view_day) SELECT DISTINCT date(view_hour) FROM page_views;

-- One row: views of an hour before `hours` are counted in their day only.
CREATE TABLE kept_from (
    hours TEXT NOT NULL -- UTC, the first of a month, as date() writes it
) STRICT;

INSERT INTO kept_from (hours) VALUES ('1970-01-01');

-- One row: the last time that the janitor came to its end.
CREATE TABLE janitor (
    began_at INTEGER NOT NULL, -- seconds since 1970
    took_ms  INTEGER NOT NULL,
    rows     INTEGER NOT NULL, -- that went
    bytes    INTEGER NOT NULL  -- that were given back
) STRICT;

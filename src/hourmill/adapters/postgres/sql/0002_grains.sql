-- Counters by day and by site, made from those by hour; how far back hours are kept; what the janitor did.

-- Rows of an hour lie together as they came: a day is found without an index that is as large as the table.
CREATE INDEX page_views_by_hour ON page_views USING brin (view_hour) WITH (autosummarize = on);

-- Sums of the hours of page_views, for each day that is not in dirty_days (docs/schema.md, "Grains").
CREATE TABLE page_views_daily (
    page     text   COLLATE "C" NOT NULL,
    view_day date   NOT NULL, -- UTC
    views    bigint NOT NULL,
    PRIMARY KEY (page, view_day)
) PARTITION BY RANGE (view_day);

CREATE TABLE site_views (
    site      text        COLLATE "C" NOT NULL, -- what stands before the first / of a page
    view_hour timestamptz NOT NULL,
    views     bigint      NOT NULL,
    PRIMARY KEY (site, view_hour)
) PARTITION BY RANGE (view_hour);

-- Days whose hours were raised since they were rolled up.
CREATE TABLE dirty_days (
    view_day date    PRIMARY KEY,
    rolling  boolean NOT NULL DEFAULT false -- being rolled up; whoever raises an hour of it says false again
) WITH (fillfactor = 50);

INSERT INTO dirty_days (view_day) SELECT DISTINCT (view_hour AT TIME ZONE 'UTC')::date FROM page_views;

-- One row: views of an hour before `hours` are counted in their day only.
CREATE TABLE kept_from (
    hours date NOT NULL -- UTC, the first of a month
);

INSERT INTO kept_from (hours) VALUES ('1970-01-01');

-- One row: the last time that the janitor came to its end.
CREATE TABLE janitor (
    began_at timestamptz NOT NULL,
    took_ms  bigint      NOT NULL,
    rows     bigint      NOT NULL, -- that went
    bytes    bigint      NOT NULL  -- that were given back
);

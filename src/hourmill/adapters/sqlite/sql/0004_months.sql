-- Counters by month, always the sums of those by day.

-- In the order of pages: a year of all of them is summed up without sorting.
CREATE TABLE page_views_monthly (
    page       TEXT    NOT NULL,
    view_month TEXT    NOT NULL, -- UTC, its first day, as date() writes it: 2025-07-01
    views      INTEGER NOT NULL,
    PRIMARY KEY (page, view_month)
) WITHOUT ROWID, STRICT;

INSERT INTO page_views_monthly (page, view_month, views)
SELECT page, view_month, iif(high + (low >> 32) > 2147483647, 9223372036854775807, (high << 32) + low)
FROM (
    SELECT page, date(view_day, 'start of month') AS view_month, -- in halves, that cannot overflow
           sum(views >> 32) AS high, sum(views & 4294967295) AS low
    FROM page_views_daily
    GROUP BY 1, 2
);

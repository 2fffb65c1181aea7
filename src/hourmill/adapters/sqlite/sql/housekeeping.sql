-- What the janitor asks and does, each statement under its name. Days are numbers, since 1970.

-- name: is_due
-- Whether the last time is so many seconds ago.
SELECT NOT EXISTS (SELECT 1 FROM janitor WHERE began_at + took_ms / 1000.0 > :now - :every_s AND began_at <= :now);

-- name: begin_roll_up
-- From here on, whoever raises an hour of the day says so.
UPDATE dirty_days SET rolling = 1 WHERE view_day = date(:day * 86400, 'unixepoch');

-- name: sum_up_pages
-- What the hours of a day make for each page, at the ceiling of 64 bits at most, and what its counter says, if any.
WITH halves AS ( -- that cannot overflow
    SELECT page, sum(views >> 32) AS high, sum(views & 4294967295) AS low
    FROM page_views
    WHERE view_hour >= date(:day * 86400, 'unixepoch') AND view_hour < date(:day * 86400 + 86400, 'unixepoch')
    GROUP BY page
)
SELECT date(:day * 86400, 'unixepoch') AS at, halves.page AS name, counters.views AS counted,
       iif(high + (low >> 32) > 2147483647, 9223372036854775807, (high << 32) + low) AS summed
FROM halves
LEFT JOIN page_views_daily AS counters
    ON counters.view_day = date(:day * 86400, 'unixepoch') AND counters.page = halves.page;

-- name: sum_up_sites
-- The same for each site and hour of the day.
WITH halves AS (
    SELECT view_hour, substr(page, 1, max(instr(page, '/') - 1, 0)) AS site,
           sum(views >> 32) AS high, sum(views & 4294967295) AS low
    FROM page_views
    WHERE view_hour >= date(:day * 86400, 'unixepoch') AND view_hour < date(:day * 86400 + 86400, 'unixepoch')
    GROUP BY 1, 2
)
SELECT halves.view_hour AS at, halves.site AS name, counters.views AS counted,
       iif(high + (low >> 32) > 2147483647, 9223372036854775807, (high << 32) + low) AS summed
FROM halves
LEFT JOIN site_views AS counters ON counters.view_hour = halves.view_hour AND counters.site = halves.site;

-- name: make_wrong
-- The counters that are to be set: a table of the connection's own, so that finding them holds up nobody.
CREATE TEMP TABLE wrong (place INTEGER PRIMARY KEY, at TEXT, name TEXT, summed INTEGER);

-- name: forget_wrong
DELETE FROM wrong;

-- name: raise_months_of_wrong
-- By what their days are about to be raised.
INSERT INTO page_views_monthly (page, view_month, views)
SELECT name, date(at, 'start of month'), summed - coalesce(counted.views, 0)
FROM wrong
LEFT JOIN page_views_daily AS counted ON counted.view_day = at AND counted.page = name
WHERE place BETWEEN :first AND :last
ON CONFLICT (page, view_month) DO UPDATE
SET views = iif(views > 9223372036854775807 - excluded.views, 9223372036854775807, views + excluded.views);

-- name: set_pages
INSERT INTO page_views_daily (view_day, page, views)
SELECT at, name, summed FROM wrong WHERE place BETWEEN :first AND :last
ON CONFLICT (view_day, page) DO UPDATE SET views = excluded.views;

-- name: set_sites
INSERT INTO site_views (view_hour, site, views)
SELECT at, name, summed FROM wrong WHERE place BETWEEN :first AND :last
ON CONFLICT (view_hour, site) DO UPDATE SET views = excluded.views;

-- name: end_roll_up
-- The day is clean, unless it was raised meanwhile.
DELETE FROM dirty_days WHERE view_day = date(:day * 86400, 'unixepoch') AND rolling;

-- name: keep_hours_from
-- Keep hours from a day on.
UPDATE kept_from SET hours = max(hours, date(:day * 86400, 'unixepoch'));

-- name: count_old_hours
SELECT (SELECT count(*) FROM page_views WHERE view_hour < date(:before * 86400, 'unixepoch'))
     + (SELECT count(*) FROM site_views WHERE view_hour < date(:before * 86400, 'unixepoch'));

-- name: count_old_days
SELECT count(*) FROM page_views_daily WHERE view_day < date(:before * 86400, 'unixepoch');

-- name: count_rows
SELECT (SELECT count(*) FROM page_views) + (SELECT count(*) FROM site_views) + (SELECT count(*) FROM page_views_daily);

-- name: drop_page_hours
DELETE FROM page_views WHERE (view_hour, page, shard_key) IN (
    SELECT view_hour, page, shard_key FROM page_views
    WHERE view_hour < date(:before * 86400, 'unixepoch') ORDER BY 1, 2, 3 LIMIT :most
);

-- name: drop_site_hours
DELETE FROM site_views WHERE (view_hour, site) IN (
    SELECT view_hour, site FROM site_views
    WHERE view_hour < date(:before * 86400, 'unixepoch') ORDER BY 1, 2 LIMIT :most
);

-- name: drop_page_days
DELETE FROM page_views_daily WHERE (view_day, page) IN (
    SELECT view_day, page FROM page_views_daily
    WHERE view_day < date(:before * 86400, 'unixepoch') ORDER BY 1, 2 LIMIT :most
);

-- name: drop_months
DELETE FROM page_views_monthly WHERE view_month < date(:before * 86400, 'unixepoch');

-- name: read_days
-- The first day that there are counters of, and the one after the last.
SELECT coalesce(CAST(strftime('%s', date(min(at))) AS INTEGER) / 86400, 0),
       coalesce(CAST(strftime('%s', date(max(at))) AS INTEGER) / 86400 + 1, 0)
FROM (
    SELECT (SELECT min(view_hour) FROM page_views) AS at UNION ALL SELECT (SELECT max(view_hour) FROM page_views)
    UNION ALL SELECT (SELECT min(view_day) FROM page_views_daily)
    UNION ALL SELECT (SELECT max(view_day) FROM page_views_daily)
    UNION ALL SELECT (SELECT min(view_month) FROM page_views_monthly)
    UNION ALL SELECT (SELECT max(view_month) FROM page_views_monthly)
    UNION ALL SELECT (SELECT min(view_hour) FROM site_views) UNION ALL SELECT (SELECT max(view_hour) FROM site_views)
) AS bounds;

-- name: has_days
-- Whether there are counters of the days first <= day < before.
SELECT EXISTS (
    SELECT 1 FROM page_views
    WHERE view_hour >= date(:first * 86400, 'unixepoch') AND view_hour < date(:before * 86400, 'unixepoch')
) OR EXISTS (
    SELECT 1 FROM site_views
    WHERE view_hour >= date(:first * 86400, 'unixepoch') AND view_hour < date(:before * 86400, 'unixepoch')
) OR EXISTS (
    SELECT 1 FROM page_views_daily
    WHERE view_day >= date(:first * 86400, 'unixepoch') AND view_day < date(:before * 86400, 'unixepoch')
);

-- name: read_page_counters
SELECT view_day, page, views FROM page_views_daily WHERE view_day = date(:day * 86400, 'unixepoch');

-- name: read_site_counters
SELECT view_hour, site, views
FROM site_views
WHERE view_hour >= date(:day * 86400, 'unixepoch') AND view_hour < date(:day * 86400 + 86400, 'unixepoch');

-- name: forget_page_day
DELETE FROM page_views_daily WHERE view_day = date(:day * 86400, 'unixepoch');

-- name: forget_site_day
DELETE FROM site_views
WHERE view_hour >= date(:day * 86400, 'unixepoch') AND view_hour < date(:day * 86400 + 86400, 'unixepoch');

-- name: forget_month
DELETE FROM page_views_monthly WHERE view_month = date(:day * 86400, 'unixepoch', 'start of month');

-- name: sum_up_month
-- The counters of a day's month, made from those of its days.
INSERT INTO page_views_monthly (page, view_month, views)
SELECT page, date(:day * 86400, 'unixepoch', 'start of month'),
       iif(high + (low >> 32) > 2147483647, 9223372036854775807, (high << 32) + low)
FROM (
    SELECT page, sum(views >> 32) AS high, sum(views & 4294967295) AS low
    FROM page_views_daily
    WHERE view_day >= date(:day * 86400, 'unixepoch', 'start of month')
      AND view_day < date(:day * 86400, 'unixepoch', 'start of month', '+1 month')
    GROUP BY page
);

-- name: find_month_misfits
-- The counters of a month that its days do not make, are missing, or have no day behind them.
WITH halves AS (
    SELECT page, sum(views >> 32) AS high, sum(views & 4294967295) AS low
    FROM page_views_daily
    WHERE view_day >= date(:day * 86400, 'unixepoch')
      AND view_day < date(:day * 86400, 'unixepoch', 'start of month', '+1 month')
    GROUP BY page
), days AS (
    SELECT page, iif(high + (low >> 32) > 2147483647, 9223372036854775807, (high << 32) + low) AS views FROM halves
), months AS (
    SELECT page, views FROM page_views_monthly WHERE view_month = date(:day * 86400, 'unixepoch')
)
SELECT page, :day * 24, coalesce(months.views, 0), days.views
FROM days
LEFT JOIN months USING (page)
WHERE months.views IS NOT days.views
UNION ALL
SELECT page, :day * 24, views, 0
FROM months
WHERE page NOT IN (SELECT page FROM days)
ORDER BY page;

-- name: count_expired
SELECT count(*) FROM idempotency_keys WHERE claimed_at < :before;

-- name: forget_turn
DELETE FROM janitor;

-- name: remember_turn
INSERT INTO janitor (began_at, took_ms, rows, bytes) VALUES (:began_at, :took_ms, :rows, :bytes);

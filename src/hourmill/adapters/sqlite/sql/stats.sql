-- Sums of counters for reports that people look at, each statement under its name.
--
-- Names: first <= name < before (an empty blob is after all texts); bare: only pages whose site is empty.
-- Days and hours come as JSON: [[first, before], ...], where there are buckets with the place of theirs before that.
-- Sums of halves cannot overflow.

-- name: read_dirty_days
SELECT CAST(strftime('%s', view_day) AS INTEGER) / 86400
FROM dirty_days
WHERE view_day >= (SELECT hours FROM kept_from);

-- name: read_counted_days
-- The first and the last day of which there are counters; NULL without any.
SELECT CAST(strftime('%s', min(day)) AS INTEGER) / 86400, CAST(strftime('%s', max(day)) AS INTEGER) / 86400
FROM (
    SELECT date(min(view_hour)) AS day FROM page_views
    UNION ALL
    SELECT date(max(view_hour)) FROM page_views
    UNION ALL
    SELECT min(view_day) FROM page_views_daily
    UNION ALL
    SELECT max(view_day) FROM page_views_daily
);

-- name: add_up
-- The views in each bucket that has any.
WITH RECURSIVE days (bucket, day, before) AS (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(:days)
    UNION ALL
    SELECT bucket, day + 1, before FROM days WHERE day + 1 < before
), hours (bucket, hour, before) AS (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(:hours)
    UNION ALL
    SELECT bucket, hour + 1, before FROM hours WHERE hour + 1 < before
), site_hours (bucket, hour, before) AS (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(:site_hours)
    UNION ALL
    SELECT bucket, hour + 1, before FROM site_hours WHERE hour + 1 < before
), counters (bucket, views) AS (
    SELECT bucket, views
    FROM days
    CROSS JOIN page_views_daily ON view_day = date(day * 86400, 'unixepoch')
    WHERE page >= :first AND page < :before AND (NOT :bare OR instr(page, '/') <= 1)
    UNION ALL
    SELECT bucket, views
    FROM hours
    CROSS JOIN page_views ON view_hour = datetime(hour * 3600, 'unixepoch')
    WHERE page >= :first AND page < :before AND (NOT :bare OR instr(page, '/') <= 1)
    UNION ALL
    SELECT bucket, views
    FROM site_hours
    CROSS JOIN site_views ON view_hour = datetime(hour * 3600, 'unixepoch')
    WHERE site >= :first_site AND site < :before_site
), halves AS (
    SELECT bucket, sum(views >> 32) AS high, sum(views & 4294967295) AS low FROM counters GROUP BY bucket
)
SELECT bucket, iif(high + (low >> 32) > 2147483647, 9223372036854775807, (high << 32) + low) FROM halves;

-- name: rank_pages
-- Pages with views, those of the journal (page -> views) among them, that hold a text and are among some (NULL: any),
-- after a place. `less` are days that the months have too many.
WITH RECURSIVE days (day, before) AS (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:days)
    UNION ALL
    SELECT day + 1, before FROM days WHERE day + 1 < before
), less (day, before) AS (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:less)
    UNION ALL
    SELECT day + 1, before FROM less WHERE day + 1 < before
), hours (hour, before) AS (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:hours)
    UNION ALL
    SELECT hour + 1, before FROM hours WHERE hour + 1 < before
), counters (name, high, low) AS (
    SELECT page, sum(views >> 32), sum(views & 4294967295)
    FROM page_views_monthly
    WHERE page >= :first AND page < :before AND (NOT :bare OR instr(page, '/') <= 1)
      AND view_month IN (SELECT value FROM json_each(:months))
    GROUP BY page -- in the order of the key: most of the rows need no sorting
    UNION ALL
    SELECT page, views >> 32, views & 4294967295
    FROM days
    CROSS JOIN page_views_daily ON view_day = date(day * 86400, 'unixepoch')
    WHERE page >= :first AND page < :before AND (NOT :bare OR instr(page, '/') <= 1)
    UNION ALL
    SELECT page, -views >> 32, -views & 4294967295
    FROM less
    CROSS JOIN page_views_daily ON view_day = date(day * 86400, 'unixepoch')
    WHERE page >= :first AND page < :before AND (NOT :bare OR instr(page, '/') <= 1)
    UNION ALL
    SELECT page, views >> 32, views & 4294967295
    FROM hours
    CROSS JOIN page_views ON view_hour = datetime(hour * 3600, 'unixepoch')
    WHERE page >= :first AND page < :before AND (NOT :bare OR instr(page, '/') <= 1)
    UNION ALL
    SELECT key, value >> 32, value & 4294967295 FROM json_each(:journal)
), halves AS (
    SELECT name, sum(high) AS high, sum(low) AS low
    FROM counters
    WHERE (:search = '' OR instr(lower(name), lower(:search)) > 0)
      AND (:names IS NULL OR name IN (SELECT value FROM json_each(:names)))
    GROUP BY name
), sums AS (
    SELECT name, iif(high + (low >> 32) > 2147483647, 9223372036854775807, (high << 32) + low) AS views FROM halves
)
SELECT name, views
FROM sums
WHERE views > 0
  AND (:after_name IS NULL OR (iif(:by_name, 0, -views), name) > (iif(:by_name, 0, -:after_views), :after_name))
ORDER BY iif(:by_name, 0, -views), name
LIMIT :limit;

-- name: count_pages
-- How many pages have views, those of the journal among them, and hold a text.
WITH RECURSIVE days (day, before) AS (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:days)
    UNION ALL
    SELECT day + 1, before FROM days WHERE day + 1 < before
), less (day, before) AS (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:less)
    UNION ALL
    SELECT day + 1, before FROM less WHERE day + 1 < before
), hours (hour, before) AS (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:hours)
    UNION ALL
    SELECT hour + 1, before FROM hours WHERE hour + 1 < before
), counters (name, high, low) AS (
    SELECT page, sum(views >> 32), sum(views & 4294967295)
    FROM page_views_monthly
    WHERE page >= :first AND page < :before AND (NOT :bare OR instr(page, '/') <= 1)
      AND view_month IN (SELECT value FROM json_each(:months))
    GROUP BY page -- in the order of the key: most of the rows need no sorting
    UNION ALL
    SELECT page, views >> 32, views & 4294967295
    FROM days
    CROSS JOIN page_views_daily ON view_day = date(day * 86400, 'unixepoch')
    WHERE page >= :first AND page < :before AND (NOT :bare OR instr(page, '/') <= 1)
    UNION ALL
    SELECT page, -views >> 32, -views & 4294967295
    FROM less
    CROSS JOIN page_views_daily ON view_day = date(day * 86400, 'unixepoch')
    WHERE page >= :first AND page < :before AND (NOT :bare OR instr(page, '/') <= 1)
    UNION ALL
    SELECT page, views >> 32, views & 4294967295
    FROM hours
    CROSS JOIN page_views ON view_hour = datetime(hour * 3600, 'unixepoch')
    WHERE page >= :first AND page < :before AND (NOT :bare OR instr(page, '/') <= 1)
    UNION ALL
    SELECT key, value >> 32, value & 4294967295 FROM json_each(:journal)
), halves AS (
    SELECT name, sum(high) AS high, sum(low) AS low
    FROM counters
    WHERE :search = '' OR instr(lower(name), lower(:search)) > 0
    GROUP BY name
), sums AS (
    SELECT name, iif(high + (low >> 32) > 2147483647, 9223372036854775807, (high << 32) + low) AS views FROM halves
)
SELECT count(*) FROM sums WHERE views > 0;

-- name: rank_sites
-- As rank_pages, for sites: from their own hours, and from pages; those of the journal are sites.
WITH RECURSIVE days (day, before) AS (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:days)
    UNION ALL
    SELECT day + 1, before FROM days WHERE day + 1 < before
), less (day, before) AS (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:less)
    UNION ALL
    SELECT day + 1, before FROM less WHERE day + 1 < before
), hours (hour, before) AS (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:hours)
    UNION ALL
    SELECT hour + 1, before FROM hours WHERE hour + 1 < before
), site_hours (hour, before) AS (
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:site_hours)
    UNION ALL
    SELECT hour + 1, before FROM site_hours WHERE hour + 1 < before
), counters (name, high, low) AS (
    SELECT substr(page, 1, max(instr(page, '/') - 1, 0)), sum(views >> 32), sum(views & 4294967295)
    FROM page_views_monthly
    WHERE page >= :first AND page < :before AND (NOT :bare OR instr(page, '/') <= 1)
      AND view_month IN (SELECT value FROM json_each(:months))
    GROUP BY page -- in the order of the key: most of the rows need no sorting
    UNION ALL
    SELECT substr(page, 1, max(instr(page, '/') - 1, 0)), views >> 32, views & 4294967295
    FROM days
    CROSS JOIN page_views_daily ON view_day = date(day * 86400, 'unixepoch')
    WHERE page >= :first AND page < :before AND (NOT :bare OR instr(page, '/') <= 1)
    UNION ALL
    SELECT substr(page, 1, max(instr(page, '/') - 1, 0)), -views >> 32, -views & 4294967295
    FROM less
    CROSS JOIN page_views_daily ON view_day = date(day * 86400, 'unixepoch')
    WHERE page >= :first AND page < :before AND (NOT :bare OR instr(page, '/') <= 1)
    UNION ALL
    SELECT substr(page, 1, max(instr(page, '/') - 1, 0)), views >> 32, views & 4294967295
    FROM hours
    CROSS JOIN page_views ON view_hour = datetime(hour * 3600, 'unixepoch')
    WHERE page >= :first AND page < :before AND (NOT :bare OR instr(page, '/') <= 1)
    UNION ALL
    SELECT site, views >> 32, views & 4294967295
    FROM site_hours
    CROSS JOIN site_views ON view_hour = datetime(hour * 3600, 'unixepoch')
    WHERE site >= :first_site AND site < :before_site
    UNION ALL
    SELECT key, value >> 32, value & 4294967295 FROM json_each(:journal)
), halves AS (
    SELECT name, sum(high) AS high, sum(low) AS low
    FROM counters
    WHERE (:search = '' OR instr(lower(name), lower(:search)) > 0)
      AND (:names IS NULL OR name IN (SELECT value FROM json_each(:names)))
    GROUP BY name
), sums AS (
    SELECT name, iif(high + (low >> 32) > 2147483647, 9223372036854775807, (high << 32) + low) AS views FROM halves
)
SELECT name, views
FROM sums
WHERE views > 0
  AND (:after_name IS NULL OR (iif(:by_name, 0, -views), name) > (iif(:by_name, 0, -:after_views), :after_name))
ORDER BY iif(:by_name, 0, -views), name
LIMIT :limit;

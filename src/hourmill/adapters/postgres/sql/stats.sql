-- Sums of counters for reports that people look at, each statement under its name.
--
-- $1 to $3 are pages: first <= page < before (NULL: to the last), and whether only those whose site is empty.

-- name: have_own_plans
-- Plan for what is asked for: an hour of a page and a year of all pages are read in different ways.
SET LOCAL plan_cache_mode = force_custom_plan;

-- name: read_grains
-- The first day since 1970 of which hours are kept; the days that only their hours tell.
SELECT hours - date '1970-01-01' AS kept_from,
       ARRAY(SELECT view_day - date '1970-01-01' FROM dirty_days WHERE view_day >= hours) AS dirty
FROM kept_from;

-- name: add_up
-- The views in each bucket that has any, counted from 1; they begin at $4. Of days ($5, $6) and hours ($7, $8) of
-- pages, and of hours ($9, $10) of sites $11 <= site < $12.
SELECT bucket, least(sum(views), 9223372036854775807)::bigint AS views
FROM (
    SELECT width_bucket(view_day::timestamp AT TIME ZONE 'UTC', $4::timestamptz[]) AS bucket, views
    FROM unnest($5::date[], $6::date[]) AS days (first, before)
    JOIN page_views_daily ON view_day >= days.first AND view_day < days.before
    WHERE page >= $1 AND ($2::text IS NULL OR page < $2) AND (NOT $3::boolean OR strpos(page, '/') <= 1)
    UNION ALL
    SELECT width_bucket(view_hour, $4), views
    FROM unnest($7::timestamptz[], $8::timestamptz[]) AS hours (first, before)
    JOIN page_views ON view_hour >= hours.first AND view_hour < hours.before
    WHERE page >= $1 AND ($2 IS NULL OR page < $2) AND (NOT $3 OR strpos(page, '/') <= 1)
    UNION ALL
    SELECT width_bucket(view_hour, $4), views
    FROM unnest($9::timestamptz[], $10::timestamptz[]) AS hours (first, before)
    JOIN site_views ON view_hour >= hours.first AND view_hour < hours.before
    WHERE site >= $11 AND ($12::text IS NULL OR site < $12)
) AS counters
GROUP BY bucket;

-- name: rank_pages
-- Pages with views on days $4 and in hours $5, that hold $6 and are among $7 (NULL: any), after a place ($8, $9).
SELECT name, views
FROM (
    SELECT page AS name, least(sum(views), 9223372036854775807)::bigint AS views
    FROM (
        SELECT page, views FROM page_views_daily WHERE view_day = ANY ($4::date[])
        UNION ALL
        SELECT page, views FROM page_views WHERE view_hour = ANY ($5::timestamptz[])
    ) AS counters
    WHERE page >= $1 AND ($2::text IS NULL OR page < $2) AND (NOT $3::boolean OR strpos(page, '/') <= 1)
      AND ($6::text = '' OR strpos(lower(page), lower($6)) > 0) AND ($7::text[] IS NULL OR page = ANY ($7))
    GROUP BY page
    HAVING sum(views) > 0
) AS pages
WHERE $9::text IS NULL OR (CASE WHEN $10::boolean THEN 0 ELSE -views END, name) > ($8::bigint, $9)
ORDER BY CASE WHEN $10 THEN 0 ELSE -views END, name
LIMIT $11;

-- name: count_pages
-- How many pages have views on days $4 and in hours $5, and hold $6.
SELECT count(*)
FROM (
    SELECT
    FROM (
        SELECT page, views FROM page_views_daily WHERE view_day = ANY ($4::date[])
        UNION ALL
        SELECT page, views FROM page_views WHERE view_hour = ANY ($5::timestamptz[])
    ) AS counters
    WHERE page >= $1 AND ($2::text IS NULL OR page < $2) AND (NOT $3::boolean OR strpos(page, '/') <= 1)
      AND ($6::text = '' OR strpos(lower(page), lower($6)) > 0)
    GROUP BY page
    HAVING sum(views) > 0
) AS pages;

-- name: rank_sites
-- As rank_pages, for the sites of pages; of sites $14 <= site < $15 also the hours ($12, $13) of their own.
SELECT name, views
FROM (
    SELECT name, least(sum(views), 9223372036854775807)::bigint AS views
    FROM (
        SELECT substr(page, 1, greatest(strpos(page, '/') - 1, 0)) AS name, views
        FROM (
            SELECT page, views FROM page_views_daily WHERE view_day = ANY ($4::date[])
            UNION ALL
            SELECT page, views FROM page_views WHERE view_hour = ANY ($5::timestamptz[])
        ) AS counters
        WHERE page >= $1 AND ($2::text IS NULL OR page < $2) AND (NOT $3::boolean OR strpos(page, '/') <= 1)
        UNION ALL
        SELECT site, views
        FROM unnest($12::timestamptz[], $13::timestamptz[]) AS hours (first, before)
        JOIN site_views ON view_hour >= hours.first AND view_hour < hours.before
        WHERE site >= $14 AND ($15::text IS NULL OR site < $15)
    ) AS counters
    WHERE ($6::text = '' OR strpos(lower(name), lower($6)) > 0) AND ($7::text[] IS NULL OR name = ANY ($7))
    GROUP BY name
    HAVING sum(views) > 0
) AS sites
WHERE $9::text IS NULL OR (CASE WHEN $10::boolean THEN 0 ELSE -views END, name) > ($8::bigint, $9)
ORDER BY CASE WHEN $10 THEN 0 ELSE -views END, name
LIMIT $11;

-- Sums of counters for reports that people look at, each statement under its name.
--
-- $1 to $3 are pages: first <= page < before (NULL: to the last), and whether only those whose site is empty. Ranges
-- ascend: the beginning of the first and the end of the last are known when a statement is planned, and tell which
-- partitions are read; no other is locked.

-- name: begin
-- Keep the janitor from dropping months that are to be read, before the moment is chosen. And leave the other cores to
-- those who count.
LOCK TABLE ONLY page_views, ONLY page_views_daily, ONLY site_views IN ACCESS SHARE MODE;
SET LOCAL max_parallel_workers_per_gather = 0;

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
    SELECT CASE WHEN cardinality($4::timestamptz[]) = 1 THEN 1 -- known when it is planned; half of the time goes there
           ELSE width_bucket(view_day::timestamp AT TIME ZONE 'UTC', $4) END AS bucket, views
    FROM unnest($5::date[], $6::date[]) AS days (first, before)
    JOIN page_views_daily ON view_day >= days.first AND view_day < days.before
    WHERE view_day >= ($5)[1] AND view_day < ($6)[cardinality($6)]
      AND page >= $1 AND ($2::text IS NULL OR page < $2) AND (NOT $3::boolean OR strpos(page, '/') <= 1)
    UNION ALL
    SELECT CASE WHEN cardinality($4) = 1 THEN 1 ELSE width_bucket(view_hour, $4) END, views
    FROM unnest($7::timestamptz[], $8::timestamptz[]) AS hours (first, before)
    JOIN page_views ON view_hour >= hours.first AND view_hour < hours.before
    WHERE view_hour >= ($7)[1] AND view_hour < ($8)[cardinality($8)]
      AND page >= $1 AND ($2 IS NULL OR page < $2) AND (NOT $3 OR strpos(page, '/') <= 1)
    UNION ALL
    SELECT CASE WHEN cardinality($4) = 1 THEN 1 ELSE width_bucket(view_hour, $4) END, views
    FROM unnest($9::timestamptz[], $10::timestamptz[]) AS hours (first, before)
    JOIN site_views ON view_hour >= hours.first AND view_hour < hours.before
    WHERE view_hour >= ($9)[1] AND view_hour < ($10)[cardinality($10)]
      AND site >= $11 AND ($12::text IS NULL OR site < $12)
) AS counters
GROUP BY bucket;

-- name: rank_pages
-- Pages with views in months $4, on days $5 without $6 and in hours ($7, $8), that hold $9 and are among $10 (NULL: any),
-- after a place ($11, $12).
SELECT name, views
FROM (
    SELECT page AS name, least(sum(views), 9223372036854775807)::bigint AS views
    FROM (
        SELECT page, views FROM page_views_monthly WHERE view_month = ANY ($4::date[])
        UNION ALL
        SELECT page, CASE WHEN view_day = ANY ($6::date[]) THEN -views ELSE views END
        FROM page_views_daily
        WHERE view_day = ANY ($5::date[] || $6)
        UNION ALL
        SELECT page, views
        FROM unnest($7::timestamptz[], $8::timestamptz[]) AS hours (first, before)
        JOIN page_views ON view_hour >= hours.first AND view_hour < hours.before
        WHERE view_hour >= ($7)[1] AND view_hour < ($8)[cardinality($8)]
    ) AS counters
    WHERE page >= $1 AND ($2::text IS NULL OR page < $2) AND (NOT $3::boolean OR strpos(page, '/') <= 1)
      AND ($9::text = '' OR strpos(lower(page), lower($9 COLLATE "C")) > 0) AND ($10::text[] IS NULL OR page = ANY ($10))
    GROUP BY page
    HAVING sum(views) > 0
) AS pages
WHERE $12::text IS NULL OR (CASE WHEN $13::boolean THEN 0 ELSE -views END, name) > ($11::bigint, $12)
ORDER BY CASE WHEN $13 THEN 0 ELSE -views END, name
LIMIT $14;

-- name: count_pages
-- How many pages have views in months $4, on days $5 without $6 and in hours ($7, $8), and hold $9.
SELECT count(*)
FROM (
    SELECT
    FROM (
        SELECT page, views FROM page_views_monthly WHERE view_month = ANY ($4::date[])
        UNION ALL
        SELECT page, CASE WHEN view_day = ANY ($6::date[]) THEN -views ELSE views END
        FROM page_views_daily
        WHERE view_day = ANY ($5::date[] || $6)
        UNION ALL
        SELECT page, views
        FROM unnest($7::timestamptz[], $8::timestamptz[]) AS hours (first, before)
        JOIN page_views ON view_hour >= hours.first AND view_hour < hours.before
        WHERE view_hour >= ($7)[1] AND view_hour < ($8)[cardinality($8)]
    ) AS counters
    WHERE page >= $1 AND ($2::text IS NULL OR page < $2) AND (NOT $3::boolean OR strpos(page, '/') <= 1)
      AND ($9::text = '' OR strpos(lower(page), lower($9 COLLATE "C")) > 0)
    GROUP BY page
    HAVING sum(views) > 0
) AS pages;

-- name: rank_sites
-- As rank_pages, for the sites of pages; of sites $17 <= site < $18 also the hours ($15, $16) of their own.
SELECT name, views
FROM (
    SELECT name, least(sum(views), 9223372036854775807)::bigint AS views
    FROM (
        SELECT substr(page, 1, greatest(strpos(page, '/') - 1, 0)) AS name, views
        FROM (
            SELECT page, views FROM page_views_monthly WHERE view_month = ANY ($4::date[])
            UNION ALL
            SELECT page, CASE WHEN view_day = ANY ($6::date[]) THEN -views ELSE views END
            FROM page_views_daily
            WHERE view_day = ANY ($5::date[] || $6)
            UNION ALL
            SELECT page, views
            FROM unnest($7::timestamptz[], $8::timestamptz[]) AS hours (first, before)
            JOIN page_views ON view_hour >= hours.first AND view_hour < hours.before
            WHERE view_hour >= ($7)[1] AND view_hour < ($8)[cardinality($8)]
        ) AS counters
        WHERE page >= $1 AND ($2::text IS NULL OR page < $2) AND (NOT $3::boolean OR strpos(page, '/') <= 1)
        UNION ALL
        SELECT site, views
        FROM unnest($15::timestamptz[], $16::timestamptz[]) AS hours (first, before)
        JOIN site_views ON view_hour >= hours.first AND view_hour < hours.before
        WHERE view_hour >= ($15)[1] AND view_hour < ($16)[cardinality($16)]
          AND site >= $17 AND ($18::text IS NULL OR site < $18)
    ) AS counters
    WHERE ($9::text = '' OR strpos(lower(name), lower($9 COLLATE "C")) > 0) AND ($10::text[] IS NULL OR name = ANY ($10))
    GROUP BY name
    HAVING sum(views) > 0
) AS sites
WHERE $12::text IS NULL OR (CASE WHEN $13::boolean THEN 0 ELSE -views END, name) > ($11::bigint, $12)
ORDER BY CASE WHEN $13 THEN 0 ELSE -views END, name
LIMIT $14;

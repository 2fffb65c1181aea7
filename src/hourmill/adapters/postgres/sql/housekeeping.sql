-- What the janitor asks and does, each statement under its name. Days and hours are numbers, since 1970.

-- name: have_patience
-- Let a statement take its time, but nobody wait long because of a lock that we wait for.
SELECT set_config('statement_timeout', '1h', false), set_config('lock_timeout', '500ms', false);

-- name: take_turn
-- Be the only janitor, until the turn or the connection ends; whether we are.
SELECT pg_try_advisory_lock(1213024588, 7);

-- name: end_turn
-- Let the next one clean at once: PostgreSQL notices only some time later that a connection was cut.
SELECT pg_advisory_unlock_all();

-- name: read_clock
SELECT clock_timestamp();

-- name: is_due
-- Whether the last time is so long ago.
SELECT NOT EXISTS (
    SELECT FROM janitor WHERE began_at + took_ms * interval '1 ms' > now() - $1::interval AND began_at <= now()
);

-- name: read_dirty_days
SELECT view_day - date '1970-01-01' AS day FROM dirty_days ORDER BY view_day;

-- name: begin_roll_up
-- From here on, whoever raises an hour of the day says so.
UPDATE dirty_days SET rolling = true WHERE view_day = date '1970-01-01' + $1::integer;

-- name: wait_for_flushes
-- Wait for those who may not have seen that.
SELECT pg_advisory_xact_lock(1213024588, 6);

-- name: roll_up
SELECT roll_up(date '1970-01-01' + $1::integer);

-- name: is_clean
SELECT NOT EXISTS (SELECT FROM dirty_days WHERE view_day = date '1970-01-01' + $1::integer);

-- name: count_addable_days
-- How many counters of a day rolling it up would add.
SELECT count(*)
FROM (
    SELECT page
    FROM page_views
    WHERE view_hour >= (date '1970-01-01' + $1::integer)::timestamp AT TIME ZONE 'UTC'
      AND view_hour < (date '1970-01-01' + $1::integer + 1)::timestamp AT TIME ZONE 'UTC'
    EXCEPT
    SELECT page FROM page_views_daily WHERE view_day = date '1970-01-01' + $1::integer
) AS missing;

-- name: count_addable_sites
-- The same of its sites, by the hour.
SELECT count(*)
FROM (
    SELECT substr(page, 1, greatest(strpos(page, '/') - 1, 0)), view_hour
    FROM page_views
    WHERE view_hour >= (date '1970-01-01' + $1::integer)::timestamp AT TIME ZONE 'UTC'
      AND view_hour < (date '1970-01-01' + $1::integer + 1)::timestamp AT TIME ZONE 'UTC'
    EXCEPT
    SELECT site, view_hour
    FROM site_views
    WHERE view_hour >= (date '1970-01-01' + $1::integer)::timestamp AT TIME ZONE 'UTC'
      AND view_hour < (date '1970-01-01' + $1::integer + 1)::timestamp AT TIME ZONE 'UTC'
) AS missing;

-- name: count_compactable
SELECT coalesce(sum(rows - 1), 0)::bigint
FROM (
    SELECT count(*) AS rows
    FROM page_views
    WHERE view_hour >= to_timestamp($1::double precision * 3600) AND view_hour < to_timestamp($2::double precision * 3600)
    GROUP BY page, view_hour
    HAVING count(*) > 1 AND sum(views) <= 9223372036854775807
) AS cells;

-- name: compact
SELECT compact_hours(to_timestamp($1::double precision * 3600), to_timestamp($2::double precision * 3600), $3);

-- name: keep_hours_from
SELECT keep_hours_from(date '1970-01-01' + $1::integer, $2);

-- name: list_parts
-- The partitions of tables of which nothing is kept from a day on, if they hold anything, and what they take.
SELECT parent AS table, part::text AS name, pg_total_relation_size(part) AS bytes
FROM unnest($1::text[]) AS parent
CROSS JOIN LATERAL parts_of(parent)
WHERE before <= date '1970-01-01' + $2::integer AND (first > '-infinity' OR pg_relation_size(part) > 0)
  AND parent <> 'page_views_monthly'
ORDER BY before;

-- name: count_old_hours
SELECT (SELECT count(*) FROM page_views WHERE view_hour < moment) + (SELECT count(*) FROM site_views WHERE view_hour < moment)
       AS rows
FROM (SELECT (date '1970-01-01' + $1::integer)::timestamp AT TIME ZONE 'UTC' AS moment) AS bound;

-- name: count_old_days
SELECT count(*) AS rows FROM page_views_daily WHERE view_day < date '1970-01-01' + $1::integer;

-- name: drop_part
SELECT drop_part($1::regclass);

-- name: drop_days
-- Drop a partition of page_views_daily, and what the months have of it.
SELECT drop_days($1::regclass, date '1970-01-01' + $2::integer);

-- name: trim_hours
SELECT trim_hours((date '1970-01-01' + $1::integer)::timestamp AT TIME ZONE 'UTC', $2);

-- name: trim_days
SELECT trim_days(date '1970-01-01' + $1::integer, $2);

-- name: read_days
-- The first day that there are counters of, and the one after the last.
SELECT coalesce(min(first) - date '1970-01-01', 0) AS first, coalesce(max(after) - date '1970-01-01', 0) AS after
FROM (
    SELECT min(view_month) AS first, (max(view_month) + interval '1 month')::date AS after FROM page_views_monthly
    UNION ALL
    SELECT min(view_day), max(view_day) + 1 FROM dirty_days
    UNION ALL
    SELECT (min(view_hour) AT TIME ZONE 'UTC')::date, (max(view_hour) AT TIME ZONE 'UTC')::date + 1 FROM page_views
    UNION ALL
    SELECT (min(view_hour) AT TIME ZONE 'UTC')::date, (max(view_hour) AT TIME ZONE 'UTC')::date + 1 FROM site_views
    UNION ALL
    SELECT min(view_day), max(view_day) + 1 FROM page_views_daily
) AS bounds;

-- name: find_misfits
-- The first few of each day, and how many there are on it.
WITH range AS (
    SELECT hours AS first FROM kept_from
), hours AS (
    SELECT page, view_hour, views
    FROM page_views
    CROSS JOIN range
    WHERE view_hour >= first::timestamp AT TIME ZONE 'UTC'
      AND view_hour >= (date '1970-01-01' + $1::integer)::timestamp AT TIME ZONE 'UTC' -- known when it is planned
      AND view_hour < (date '1970-01-01' + $2::integer)::timestamp AT TIME ZONE 'UTC'
), days AS (
    SELECT coalesce(hours.page, counters.page) AS page, view_day, coalesce(counters.views, 0) AS counted,
           coalesce(hours.views, 0) AS summed
    FROM (
        SELECT page, (view_hour AT TIME ZONE 'UTC')::date AS view_day, least(sum(views), 9223372036854775807) AS views
        FROM hours
        GROUP BY 1, 2
    ) AS hours
    FULL JOIN (
        SELECT * FROM page_views_daily
        WHERE view_day >= (SELECT first FROM range)
          AND view_day >= date '1970-01-01' + $1::integer AND view_day < date '1970-01-01' + $2::integer
    ) AS counters USING (page, view_day)
    WHERE hours.views IS DISTINCT FROM counters.views
), sites AS (
    SELECT site, view_hour, coalesce(counters.views, 0) AS counted, coalesce(hours.views, 0) AS summed
    FROM (
        SELECT substr(page, 1, greatest(strpos(page, '/') - 1, 0)) AS site, view_hour,
               least(sum(views), 9223372036854775807) AS views
        FROM hours
        GROUP BY 1, 2
    ) AS hours
    FULL JOIN (
        SELECT * FROM site_views
        WHERE view_hour >= (SELECT first::timestamp AT TIME ZONE 'UTC' FROM range)
          AND view_hour >= (date '1970-01-01' + $1::integer)::timestamp AT TIME ZONE 'UTC'
          AND view_hour < (date '1970-01-01' + $2::integer)::timestamp AT TIME ZONE 'UTC'
    ) AS counters USING (site, view_hour)
    WHERE hours.views IS DISTINCT FROM counters.views
), misfits AS (
    SELECT 'page_views_daily' AS table, page AS name, view_day, view_day::timestamp AT TIME ZONE 'UTC' AS at,
           counted, summed
    FROM days
    UNION ALL
    SELECT 'site_views', site, (view_hour AT TIME ZONE 'UTC')::date, view_hour, counted, summed FROM sites
), numbered AS (
    SELECT *, row_number() OVER (PARTITION BY view_day ORDER BY at, "table", name) AS place,
           count(*) OVER (PARTITION BY view_day) AS of_day
    FROM misfits
    WHERE view_day NOT IN (SELECT view_day FROM dirty_days)
)
SELECT "table", name, (extract(epoch FROM at) / 3600)::integer AS hour, counted::bigint, summed::bigint,
       view_day - date '1970-01-01' AS day, of_day
FROM numbered
WHERE place <= $3
ORDER BY at, "table", name;

-- name: find_month_misfits
WITH days AS (
    SELECT page, least(sum(views), 9223372036854775807)::bigint AS views
    FROM page_views_daily
    WHERE view_day >= date '1970-01-01' + $1::integer
      AND view_day < (date '1970-01-01' + $1::integer + interval '1 month')::date
    GROUP BY page
), months AS (
    SELECT page, views FROM page_views_monthly WHERE view_month = date '1970-01-01' + $1::integer
)
SELECT 'page_views_monthly', page, $1::integer * 24, coalesce(months.views, 0), coalesce(days.views, 0)
FROM days
FULL JOIN months USING (page)
WHERE days.views IS DISTINCT FROM months.views
ORDER BY page;

-- name: forget_day
-- Forget what was made from a day's hours; the janitor makes it again.
SELECT forget_day(date '1970-01-01' + $1::integer);

-- name: remake_month
SELECT remake_month(date '1970-01-01' + $1::integer);

-- name: count_expired
SELECT (SELECT count(*) FROM claims WHERE changed_at < now() - interval '30 days')
     + (SELECT count(*) FROM idempotency_keys WHERE claimed_at < now() - interval '72 hours')
     + (SELECT count(*) FROM leases WHERE expires_at < now() - interval '1 day')
     + (SELECT count(*) FROM workers WHERE seen_at < now() - interval '1 day');

-- name: forget
-- Some of what has expired; how many rows went.
WITH old_claims AS (
    DELETE FROM claims WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM claims WHERE changed_at < now() - interval '30 days' LIMIT $1 FOR UPDATE SKIP LOCKED
    )) RETURNING 1
), old_keys AS (
    DELETE FROM idempotency_keys WHERE key_hash = ANY (ARRAY(
        SELECT key_hash FROM idempotency_keys
        WHERE claimed_at < now() - interval '72 hours'
        ORDER BY claimed_at LIMIT $1
        FOR UPDATE SKIP LOCKED
    )) RETURNING 1
), old_leases AS (
    DELETE FROM leases WHERE expires_at < now() - interval '1 day' RETURNING 1
), old_workers AS (
    DELETE FROM workers WHERE seen_at < now() - interval '1 day' RETURNING 1
)
SELECT (SELECT count(*) FROM old_claims) + (SELECT count(*) FROM old_keys)
     + (SELECT count(*) FROM old_leases) + (SELECT count(*) FROM old_workers);

-- name: remember_turn
WITH before AS (DELETE FROM janitor)
INSERT INTO janitor (began_at, took_ms, rows, bytes)
VALUES (now() - $1::interval, extract(epoch FROM $1::interval) * 1000, $2, $3);

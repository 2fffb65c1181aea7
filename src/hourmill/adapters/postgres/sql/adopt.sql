-- Taking over the counters of the original service, each statement under its name; all of them run in one transaction.

-- name: look_at_page_views
-- What stands where our counters belong: one row, or none.
SELECT
    relation.oid::regclass::text AS name,
    relation.relkind::text AS kind,
    pg_get_userbyid(relation.relowner)::text AS owner,
    array_agg(columns.attname::text ORDER BY columns.attnum) AS columns,
    array_agg(format_type(columns.atttypid, NULL) ORDER BY columns.attnum) AS types
FROM pg_class AS relation
LEFT JOIN pg_attribute AS columns
    ON columns.attrelid = relation.oid AND columns.attnum > 0 AND NOT columns.attisdropped
WHERE relation.oid = to_regclass('page_views')
GROUP BY relation.oid, relation.relkind, relation.relowner;

-- name: wait_for_locks
-- Give up on a lock after a while, instead of holding up everybody who comes after us; 0: never.
SELECT set_config('lock_timeout', $1, true);

-- name: lock_page_views
-- Let its writers finish, and let no other begin.
LOCK TABLE page_views IN ACCESS EXCLUSIVE MODE;

-- name: set_aside
-- Rename the original table and whatever of it stands in the way of our names.
DO $$
DECLARE
    alteration text;
BEGIN
    FOR alteration IN
        WITH related (oid, kind) AS (
            SELECT indexrelid, 'INDEX' FROM pg_index WHERE indrelid = 'page_views'::regclass
            UNION
            SELECT objid, 'SEQUENCE'
            FROM pg_depend
            JOIN pg_class AS sequence ON sequence.oid = objid AND sequence.relkind = 'S'
            WHERE classid = 'pg_class'::regclass
              AND refclassid = 'pg_class'::regclass
              AND refobjid = 'page_views'::regclass
        ), renamed (oid, kind, name) AS (
            SELECT oid, kind, 'page_views_original' || substr(relname, length('page_views') + 1)
            FROM related
            JOIN pg_class USING (oid)
            WHERE relname LIKE 'page\_views%'
        )
        SELECT format(
            'ALTER %s %s RENAME TO %I',
            kind,
            oid::regclass,
            CASE WHEN octet_length(name) < 64 THEN name ELSE 'page_views_original_' || oid END
        )
        FROM renamed
    LOOP
        EXECUTE alteration;
    END LOOP;
    ALTER TABLE page_views RENAME TO page_views_original;
    COMMENT ON TABLE page_views_original IS 'Hourmill: to be brought in';
END;
$$;

-- name: look_at_original
-- Whether the original table waits to be brought in; no row where none was set aside.
SELECT coalesce(obj_description(relation, 'pg_class') = 'Hourmill: to be brought in', false) AS waits
FROM to_regclass('page_views_original') AS relation
WHERE relation IS NOT NULL;

-- name: see_all_rows
-- Fail, where row security would hide rows of the original from us.
SELECT set_config('row_security', 'off', true), set_config('statement_timeout', '0', true);

-- name: name_original_rows
-- The rows of the original in our columns and types, and why a row cannot be one of ours.
CREATE VIEW page_views_original_rows AS
SELECT
    page::text AS page,
    -- the original wrote UTC into a column without time zone: neither the server's zone nor the session's has a say
    date_trunc('hour', view_hour) AT TIME ZONE 'UTC' AS view_hour,
    views::bigint AS views,
    coalesce(found.partition, 0)::integer AS partition,
    coalesce(found.shard_key, 0)::integer AS shard_key,
    CASE
        WHEN page IS NULL OR view_hour IS NULL OR views IS NULL THEN 'incomplete'
        WHEN view_hour < '1970-01-01' OR view_hour >= '2201-01-01' THEN 'outside'
        WHEN octet_length(page) > 2048 THEN 'too_long'
    END AS fault
-- A column that the original lacks is found one level further out, where it is NULL.
FROM (SELECT NULL::integer AS partition, NULL::integer AS shard_key) AS absent
CROSS JOIN LATERAL (SELECT page, view_hour, views, partition, shard_key FROM page_views_original AS original) AS found;

-- name: copy
-- Add up the rows of each page, hour and shard key, and write them into ours.
INSERT INTO page_views (page, view_hour, views, partition, shard_key)
SELECT page, view_hour, sum(views)::bigint, max(partition), shard_key
FROM page_views_original_rows
WHERE fault IS NULL
GROUP BY page, view_hour, shard_key
ORDER BY view_hour, page, shard_key;

-- name: mark_days
-- Have the janitor roll up the days of all that is there.
INSERT INTO dirty_days (view_day)
SELECT DISTINCT (view_hour AT TIME ZONE 'UTC')::date FROM page_views
ON CONFLICT (view_day) DO UPDATE SET rolling = false;

-- name: analyze
-- Let the planner know what is in ours now.
ANALYZE page_views;

-- name: sum_up_original
-- What the original held that ours can hold.
SELECT
    coalesce(sum(rows), 0)::bigint AS rows,
    count(DISTINCT page) AS pages,
    count(*) AS cells,
    coalesce(sum(views), 0) AS views,
    min(view_hour) AS first,
    max(view_hour) AS last
FROM (
    SELECT page, view_hour, sum(views) AS views, count(*) AS rows
    FROM page_views_original_rows
    WHERE fault IS NULL
    GROUP BY page, view_hour
) AS cells;

-- name: sum_up_ours
-- What ours holds: counters, cells (page and hour), views, cells below zero.
SELECT
    coalesce(sum(rows), 0)::bigint AS counters,
    count(*) AS cells,
    coalesce(sum(views), 0) AS views,
    count(*) FILTER (WHERE views < 0) AS negative
FROM (SELECT page, view_hour, sum(views) AS views, count(*) AS rows FROM page_views GROUP BY page, view_hour) AS cells;

-- name: count_left
-- Rows of the original that ours cannot hold, by fault.
SELECT
    count(*) FILTER (WHERE fault = 'incomplete') AS incomplete,
    count(*) FILTER (WHERE fault = 'outside') AS outside,
    count(*) FILTER (WHERE fault = 'too_long') AS too_long
FROM page_views_original_rows
WHERE fault IS NOT NULL;

-- name: finish
-- Remember that it is done.
DROP VIEW page_views_original_rows;
COMMENT ON TABLE page_views_original IS 'The table of the original service; its counts are in page_views (Hourmill)';

-- name: views_on_original
-- Views of the user's that followed the original table to its new name.
SELECT DISTINCT rewrite.ev_class::regclass::text AS name
FROM pg_depend AS needs
JOIN pg_rewrite AS rewrite ON rewrite.oid = needs.objid
WHERE needs.classid = 'pg_rewrite'::regclass
  AND needs.refclassid = 'pg_class'::regclass
  AND needs.refobjid = to_regclass('page_views_original')
  AND rewrite.ev_class <> needs.refobjid
ORDER BY 1;

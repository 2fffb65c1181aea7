-- How large the tables are, each statement under its name.

-- name: have_patience
SELECT set_config('statement_timeout', '1h', false);

-- name: measure
-- Those tables that are there, with their partitions and indexes. Rows as the planner believes them; NULL where it has
-- no idea, and where counting them is quick.
SELECT parent.name, sum(pg_total_relation_size(part.oid))::bigint AS bytes,
       CASE WHEN sum(pg_relation_size(part.oid)) > 64 * 1024 * 1024 AND bool_and(part.reltuples >= 0 OR part.relkind = 'p')
       THEN sum(part.reltuples * pg_relation_size(part.oid) / greatest(part.relpages, 1)
                / current_setting('block_size')::integer) FILTER (WHERE part.relkind = 'r')::bigint
       END AS rows
FROM unnest($1::text[]) AS parent (name)
CROSS JOIN LATERAL (
    SELECT to_regclass(name)::oid UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(name)
) AS parts (oid)
JOIN pg_class AS part USING (oid)
GROUP BY parent.name
ORDER BY parent.name;

-- name: count
SELECT count(*) AS rows FROM {table};

-- name: count_by_view_hour
SELECT count(*) AS rows
FROM {table}
WHERE view_hour >= (date '1970-01-01' + $1::integer)::timestamp AT TIME ZONE 'UTC'
  AND view_hour < coalesce((date '1970-01-01' + $2::integer)::timestamp AT TIME ZONE 'UTC', 'infinity');

-- name: count_by_view_day
SELECT count(*) AS rows
FROM {table}
WHERE view_day >= date '1970-01-01' + $1::integer
  AND view_day < coalesce(date '1970-01-01' + $2::integer, 'infinity');

-- name: first_by_view_hour
-- The first day with rows in a range of days: its beginning, too, if there are earlier ones, and its end if there are none.
SELECT CASE WHEN EXISTS (SELECT FROM {table} WHERE view_hour < range.first) THEN $1
       ELSE coalesce((
           SELECT (min(view_hour) AT TIME ZONE 'UTC')::date - date '1970-01-01'
           FROM {table}
           WHERE view_hour >= range.first AND view_hour < range.before
       ), $2) END AS day
FROM (
    SELECT (date '1970-01-01' + $1::integer)::timestamp AT TIME ZONE 'UTC' AS first,
           (date '1970-01-01' + $2::integer)::timestamp AT TIME ZONE 'UTC' AS before
) AS range;

-- name: first_by_view_day
SELECT CASE WHEN EXISTS (SELECT FROM {table} WHERE view_day < date '1970-01-01' + $1::integer) THEN $1
       ELSE coalesce((
           SELECT min(view_day) - date '1970-01-01'
           FROM {table}
           WHERE view_day >= date '1970-01-01' + $1::integer AND view_day < date '1970-01-01' + $2::integer
       ), $2) END AS day;

-- name: count_by_view_month
SELECT count(*) AS rows
FROM {table}
WHERE view_month >= date '1970-01-01' + $1::integer
  AND view_month < coalesce(date '1970-01-01' + $2::integer, 'infinity');

-- name: first_by_view_month
SELECT CASE WHEN EXISTS (SELECT FROM {table} WHERE view_month < date '1970-01-01' + $1::integer) THEN $1
       ELSE coalesce((
           SELECT min(view_month) - date '1970-01-01'
           FROM {table}
           WHERE view_month >= date '1970-01-01' + $1::integer AND view_month < date '1970-01-01' + $2::integer
       ), $2) END AS day;

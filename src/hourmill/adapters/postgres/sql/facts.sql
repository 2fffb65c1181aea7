-- What whoever watches the service asks for.

-- name: read_facts
SELECT (SELECT count(*) FROM parked_cells) AS parked_cells, (SELECT count(*) FROM dirty_days) AS dirty_days,
       began_at, took_ms, rows, bytes
FROM (VALUES (1)) AS always
LEFT JOIN janitor ON true;

-- name: measure_tables
-- Those tables that are there, with their partitions and indexes.
SELECT name, sum(pg_total_relation_size(part))::bigint AS bytes
FROM unnest($1::text[]) AS name
CROSS JOIN LATERAL (
    SELECT to_regclass(name)::oid UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(name)
) AS parts (part)
WHERE part IS NOT NULL
GROUP BY name;

-- What whoever watches the service asks for.

-- name: read_facts
SELECT (SELECT count(*) FROM parked_cells) AS parked_cells, (SELECT count(*) FROM dirty_days) AS dirty_days,
       began_at, took_ms, rows, bytes
FROM (VALUES (1)) AS always
LEFT JOIN janitor ON true;

-- name: measure_tables
-- Those tables that are there, with their partitions and indexes.
SELECT parent.name, sum(pg_total_relation_size(part.oid))::bigint AS bytes
FROM unnest($1::text[]) AS parent (name)
JOIN pg_class AS part
    ON part.oid = to_regclass(parent.name)
    OR part.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(parent.name))
GROUP BY parent.name;

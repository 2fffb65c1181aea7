-- Every statement that runs after the schema stands, each under its name; what they call is in functions.sql.

-- name: apply_batches
-- Count batches, all of them or none: what was counted before, then none, and how many keys were claimed before.
SELECT apply_batches($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16);

-- name: try_cells
-- Fail if the cells cannot be counted; change nothing.
SELECT try_cells($1, $2, $3, $4, $5);

-- name: make_parts
-- Make the partitions that the months around now need, unless they are there.
SELECT make_parts();

-- name: read_hours
-- The views of a page per hour since 1970, first <= hour <= last.
SELECT (extract(epoch FROM view_hour) / 3600)::integer AS hour, sum(views) AS views
FROM page_views
WHERE page = $1
  AND view_hour BETWEEN to_timestamp($2::double precision * 3600) AND to_timestamp($3::double precision * 3600)
  AND view_hour >= (SELECT hours::timestamp AT TIME ZONE 'UTC' FROM kept_from)
GROUP BY view_hour
HAVING sum(views) <> 0; -- adopted cells may be zero

-- name: read_kept_from
-- The first day since 1970 of which hours are kept.
SELECT hours - date '1970-01-01' AS day FROM kept_from;

-- name: renew_leases
-- Say that a worker lives; what it holds then.
SELECT held, fair_share FROM renew_leases($1, $2, $3);

-- name: release_leases
-- Give back partitions.
SELECT release_leases($1, $2);

-- name: leave_leases
-- Give back everything and be gone.
SELECT leave_leases($1);

-- name: look_for_migrations
-- Whether our table of migrations is there.
SELECT to_regclass('hourmill_migrations') IS NOT NULL;

-- name: make_migrations
-- What was done to the schema; number 0 is functions.sql, which is put in again whenever it has changed.
CREATE TABLE IF NOT EXISTS hourmill_migrations (
    version    integer     PRIMARY KEY,
    digest     text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: read_migrations
-- Which migrations were done, and the digest of what was run.
SELECT version, digest FROM hourmill_migrations;

-- name: note_migration
-- Remember a migration.
INSERT INTO hourmill_migrations (version, digest) VALUES ($1, $2)
ON CONFLICT (version) DO UPDATE SET digest = excluded.digest, applied_at = now();

-- name: migrate_alone
-- Wait until no other process migrates; no time is too long.
SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true),
       pg_advisory_xact_lock(1213024588, 1);

-- name: server_facts
-- What a server must have: version 14, UTF-8.
SELECT current_setting('server_version_num')::integer AS version, current_setting('server_encoding') AS encoding;

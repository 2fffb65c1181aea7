-- What imports ask and write, each statement under its name.

-- name: wait_briefly
-- Wait for a lock no longer than an import that was just ended needs to let go of it.
SET LOCAL lock_timeout = '1s';

-- name: hold_imports
-- Be the only import into this database, until the connection ends.
SELECT pg_advisory_lock(1213024588, 5);

-- name: only_read
-- Let no statement of this connection write.
SET default_transaction_read_only = on;

-- name: who_imports
-- The server's process that works for the import under way, and where that import runs; no row if it has just ended.
SELECT activity.pid, coalesce(host(activity.client_addr), 'the server''s own machine') AS client
FROM pg_locks AS locks
JOIN pg_stat_activity AS activity USING (pid)
JOIN pg_database AS here ON here.oid = locks.database AND here.datname = current_database()
WHERE locks.locktype = 'advisory' AND locks.classid = 1213024588 AND locks.objid = 5 AND locks.granted;

-- name: read_stretches
-- The prints of every counted stretch with this start.
SELECT prints FROM import_stretches WHERE start = $1 ORDER BY id;

-- name: count_stretch
-- Count cells, drop the stretches that this one goes on from, note its lines as counted: one statement, so that an
-- import that is paused holds nobody up.
WITH forgotten AS (
    DELETE FROM import_stretches WHERE start = $1 AND prints = substr($2::bytea, 1, length(prints))
), remembered AS (
    INSERT INTO import_stretches (start, prints) VALUES ($1, $2)
)
SELECT raise_counters($3, $4, $5, $6, $7);

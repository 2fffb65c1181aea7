-- What whoever watches the service asks for.

-- name: count_dirty_days
SELECT count(*) FROM dirty_days;

-- name: read_janitor
SELECT began_at, took_ms, rows, bytes FROM janitor;

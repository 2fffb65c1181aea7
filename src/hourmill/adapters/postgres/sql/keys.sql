-- Access keys, each statement under its name.

-- name: read_keys
-- All of them, oldest first.
SELECT key_id, digest, name, scopes, site, created_at, expires_at, used_at, parent
FROM access_keys
ORDER BY created_at, key_id;

-- name: add_key
-- One more; those that have expired by then go.
WITH expired AS (
    DELETE FROM access_keys WHERE expires_at <= $6
)
INSERT INTO access_keys (key_id, digest, name, scopes, site, created_at, expires_at, used_at, parent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: lock_key
-- A key, for whoever begins a session with it or removes it.
SELECT key_id FROM access_keys WHERE key_id = $1 FOR UPDATE;

-- name: end_oldest_sessions
-- All sessions of a key but the newest.
DELETE FROM access_keys
WHERE key_id IN (SELECT key_id FROM access_keys WHERE parent = $1 ORDER BY created_at DESC, key_id OFFSET $2);

-- name: remove_key
-- A key, and whoever is signed in with it; how many.
WITH removed AS (
    DELETE FROM access_keys WHERE key_id = $1 OR parent = $1 RETURNING 1
)
SELECT count(*) FROM removed;

-- name: note_key_used
UPDATE access_keys SET used_at = $2 WHERE key_id = $1 AND (used_at IS NULL OR used_at < $2);

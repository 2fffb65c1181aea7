-- Access keys, each statement under its name.

-- name: read_keys
-- All of them, oldest first.
SELECT key_id, digest, name, scopes, site, created_at, expires_at, used_at, parent
FROM access_keys
ORDER BY created_at, key_id;

-- name: add_key
INSERT INTO access_keys (key_id, digest, name, scopes, site, created_at, expires_at, used_at, parent)
VALUES (:key_id, :digest, :name, :scopes, :site, :created_at, :expires_at, :used_at, :parent);

-- name: forget_expired_keys
DELETE FROM access_keys WHERE expires_at <= :now;

-- name: find_key
SELECT key_id FROM access_keys WHERE key_id = :key_id;

-- name: end_oldest_sessions
-- All sessions of a key but the newest.
DELETE FROM access_keys
WHERE key_id IN (
    SELECT key_id FROM access_keys WHERE parent = :parent ORDER BY created_at DESC, key_id LIMIT -1 OFFSET :kept
);

-- name: remove_key
-- A key, and whoever is signed in with it.
DELETE FROM access_keys WHERE key_id = :key_id OR parent = :key_id;

-- name: note_key_used
UPDATE access_keys SET used_at = :used_at WHERE key_id = :key_id AND (used_at IS NULL OR used_at < :used_at);

-- Every statement that runs after the schema stands, each under its name.

-- name: add_to_journal
-- Make one group of cells durable.
INSERT INTO journal (cells) VALUES (:cells);

-- name: read_journal
-- The groups not yet folded, oldest first.
SELECT cells FROM journal ORDER BY seq;

-- name: empty_journal
-- Forget the groups that were folded.
DELETE FROM journal;

-- name: raise_counters
-- Add cells of one partition to the counters; at the ceiling of 64 bits a counter stays there.
INSERT INTO page_views (page, view_hour, views, partition, shard_key)
SELECT pages.key, datetime(hours.key * 3600, 'unixepoch'), hours.value, :partition, :shard_key
FROM json_each(:cells) AS pages, json_each(pages.value) AS hours
WHERE true
ON CONFLICT (page, view_hour, shard_key) DO UPDATE
SET views = iif(views > 9223372036854775807 - excluded.views, 9223372036854775807, views + excluded.views);

-- name: forget_keys
-- Drop some of the keys claimed before a moment.
DELETE FROM idempotency_keys
WHERE key_hash IN (SELECT key_hash FROM idempotency_keys WHERE claimed_at < :before ORDER BY claimed_at LIMIT :most);

-- name: claim_key
-- Claim a key; no row comes back if it is claimed already.
INSERT INTO idempotency_keys (key_hash, claimed_at) VALUES (:key_hash, :now)
ON CONFLICT (key_hash) DO NOTHING
RETURNING 1;

-- name: read_hours
-- The views of a page per hour since 1970, first <= hour <= last.
SELECT CAST(strftime('%s', view_hour) AS INTEGER) / 3600, sum(views)
FROM page_views
WHERE page = :page
  AND view_hour BETWEEN datetime(:first * 3600, 'unixepoch') AND datetime(:last * 3600, 'unixepoch')
GROUP BY view_hour;

-- name: read_stretches
-- The prints of every counted stretch with this start.
SELECT prints FROM import_stretches WHERE start = :start ORDER BY id;

-- name: forget_continued_stretches
-- Drop the stretches that a longer one goes on from.
DELETE FROM import_stretches
WHERE start = :start AND prints = substr(:prints, 1, length(prints));

-- name: remember_stretch
-- Note the lines of a stretch as counted.
INSERT INTO import_stretches (start, prints) VALUES (:start, :prints);

-- Every statement that runs after the schema stands, each under its name.

-- name: add_to_journal
-- Make one group of cells durable.
INSERT INTO journal (cells) VALUES (:cells);

-- name: read_journal
-- The groups not yet folded, oldest first.
SELECT cells FROM journal ORDER BY seq;

-- name: recall_journal
-- The same, with their numbers.
SELECT seq, cells FROM journal ORDER BY seq;

-- name: take_out_of_journal
-- Forget the groups that were folded: all up to one of them.
DELETE FROM journal WHERE seq <= :last;

-- name: raise_counters
-- Add cells of one partition to the counters; at the ceiling of 64 bits a counter stays there.
INSERT INTO page_views (page, view_hour, views, partition, shard_key)
SELECT pages.key, datetime(hours.key * 3600, 'unixepoch'), hours.value, :partition, :shard_key
FROM json_each(:cells) AS pages, json_each(pages.value) AS hours
WHERE true
ON CONFLICT (page, view_hour, shard_key) DO UPDATE
SET views = iif(views > 9223372036854775807 - excluded.views, 9223372036854775807, views + excluded.views);

-- name: raise_days
-- Add cells (page, day since 1970) to the counters of days, likewise.
INSERT INTO page_views_daily (view_day, page, views)
SELECT date(days.key * 86400, 'unixepoch'), pages.key, days.value
FROM json_each(:cells) AS pages, json_each(pages.value) AS days
WHERE true
ON CONFLICT (view_day, page) DO UPDATE
SET views = iif(views > 9223372036854775807 - excluded.views, 9223372036854775807, views + excluded.views);

-- name: raise_months
-- Add the same cells to the counters of months.
INSERT INTO page_views_monthly (page, view_month, views)
SELECT pages.key, date(days.key * 86400, 'unixepoch', 'start of month'), days.value
FROM json_each(:cells) AS pages, json_each(pages.value) AS days
WHERE true
ON CONFLICT (page, view_month) DO UPDATE
SET views = iif(views > 9223372036854775807 - excluded.views, 9223372036854775807, views + excluded.views);

-- name: raise_sites
-- Add cells to the counters of their sites, likewise.
INSERT INTO site_views (view_hour, site, views)
SELECT view_hour, site, iif(high + (low >> 32) > 2147483647, 9223372036854775807, (high << 32) + low)
FROM (
    SELECT datetime(hours.key * 3600, 'unixepoch') AS view_hour,
           substr(pages.key, 1, max(instr(pages.key, '/') - 1, 0)) AS site,
           sum(hours.value >> 32) AS high, sum(hours.value & 4294967295) AS low
    FROM json_each(:cells) AS pages, json_each(pages.value) AS hours
    GROUP BY 1, 2
)
WHERE true
ON CONFLICT (view_hour, site) DO UPDATE
SET views = iif(views > 9223372036854775807 - excluded.views, 9223372036854775807, views + excluded.views);

-- name: read_today
SELECT CAST(strftime('%s', 'now') AS INTEGER) / 86400;

-- name: read_dirty_days
-- The days (since 1970) whose hours were raised since they were rolled up.
SELECT CAST(strftime('%s', view_day) AS INTEGER) / 86400 FROM dirty_days ORDER BY view_day;

-- name: mark_day
-- Say that hours of a day (since 1970) are raised.
INSERT INTO dirty_days (view_day) VALUES (date(:day * 86400, 'unixepoch'))
ON CONFLICT (view_day) DO UPDATE SET rolling = 0 WHERE rolling;

-- name: read_kept_from
-- The first day (since 1970) of which hours are kept.
SELECT CAST(strftime('%s', hours) AS INTEGER) / 86400 FROM kept_from;

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
-- The views of a page per hour since 1970, first <= hour <= last, of the hours that are kept.
WITH RECURSIVE oldest (hour) AS (
    SELECT max(min(view_hour), (SELECT hours FROM kept_from)) FROM page_views
), newest (hour) AS (
    SELECT max(view_hour) FROM page_views
), there (first, last) AS (
    SELECT max(:first, CAST(strftime('%s', oldest.hour) AS INTEGER) / 3600),
           min(:last, CAST(strftime('%s', newest.hour) AS INTEGER) / 3600)
    FROM oldest, newest
), hours (hour) AS (
    SELECT first FROM there WHERE first <= last
    UNION ALL
    SELECT hour + 1 FROM hours WHERE hour < (SELECT last FROM there)
)
SELECT hour, sum(views)
FROM hours
CROSS JOIN page_views ON view_hour = datetime(hour * 3600, 'unixepoch') AND page = :page
GROUP BY hour;

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

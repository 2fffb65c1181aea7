-- How far each partition is counted: noted by workers, read by whoever asks.

-- name: note_progress
-- Note levels; a moment never goes back. A partition that is seen for the first time was not there when the others
-- stood where they stand: up to there it is complete as well.
WITH gone AS (
    DELETE FROM partition_progress WHERE seen_at < now() - interval '1 day' AND partition <> ALL ($1::integer[])
), before AS (
    SELECT CASE WHEN bool_and(counted_until IS NOT NULL) THEN min(counted_until) END AS counted_until
    FROM partition_progress
    WHERE seen_at > (SELECT max(seen_at) FROM partition_progress) - interval '1 minute'
)
INSERT INTO partition_progress AS noted (partition, counted_until, waiting, noted_at, seen_at)
SELECT level.partition, coalesce(level.counted_until, before.counted_until), level.waiting,
       CASE WHEN level.waiting IS NOT NULL THEN now() END, now()
FROM unnest($1::integer[], $2::timestamptz[], $3::bigint[]) AS level (partition, counted_until, waiting), before
ORDER BY level.partition
ON CONFLICT (partition) DO UPDATE
SET counted_until = greatest(noted.counted_until, excluded.counted_until),
    waiting = coalesce(excluded.waiting, noted.waiting),
    noted_at = coalesce(excluded.noted_at, noted.noted_at),
    seen_at = excluded.seen_at;

-- name: read_progress
-- Every partition there is, and who holds it.
SELECT partition, worker::text, waiting, counted_until, noted_at
FROM partition_progress
LEFT JOIN (SELECT partition, worker FROM leases WHERE expires_at > now()) AS held USING (partition)
WHERE seen_at > (SELECT max(seen_at) FROM partition_progress) - interval '1 minute'
ORDER BY partition;

-- What runs inside the server, so that no pause of ours can leave a transaction open. `hourmill migrate` puts it there.

-- Mark batches as counted, unless one of them is marked: then nothing is, and their places (from 1) come back.
CREATE OR REPLACE FUNCTION mark_claims(producers uuid[], partitions integer[], seqs bigint[]) RETURNS integer[]
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    stale    integer[];
    expected bigint;
    marked   bigint;
    grown    bigint;
BEGIN
    -- Every step in the order of the key: whoever else counts the same batches waits, and no two wait for each other.
    INSERT INTO claims (producer, partition)
    SELECT DISTINCT c.producer, c.partition FROM unnest(producers, partitions) AS c (producer, partition) ORDER BY 1, 2
    ON CONFLICT (producer, partition) DO NOTHING;
    GET DIAGNOSTICS grown = ROW_COUNT;

    PERFORM FROM claims
    WHERE (producer, partition) IN (SELECT * FROM unnest(producers, partitions))
    ORDER BY producer, partition
    FOR UPDATE;

    -- A statement of its own: it sees what those have committed whom the one before has waited for.
    stale := ARRAY(
        SELECT c.place::integer
        FROM unnest(producers, partitions, seqs) WITH ORDINALITY AS c (producer, partition, seq, place)
        JOIN claims USING (producer, partition)
        WHERE claims.applied @> c.seq
        ORDER BY c.place
    );
    IF stale <> '{}' THEN
        RETURN stale;
    END IF;

    WITH added AS (
        SELECT c.producer, c.partition, range_agg(int8range(c.seq, c.seq, '[]')) AS numbers
        FROM unnest(producers, partitions, seqs) AS c (producer, partition, seq)
        GROUP BY c.producer, c.partition
    ), marks AS (
        UPDATE claims SET applied = claims.applied + added.numbers, changed_at = now()
        FROM added
        WHERE claims.producer = added.producer AND claims.partition = added.partition
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM marks) INTO expected, marked;
    IF marked <> expected THEN
        RAISE 'a row of claims was removed meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;

    -- The table grows when a producer is new; that is when those silent for 30 days go.
    IF grown > 0 THEN
        DELETE FROM claims WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM claims WHERE changed_at < now() - interval '30 days' LIMIT 1000 FOR UPDATE SKIP LOCKED
        ));
    END IF;
    RETURN stale;
END
$$;

-- Claim keys of requests; for each, whether it is new: never claimed, or more than 72 hours ago (docs/http-api.md).
CREATE OR REPLACE FUNCTION claim_keys(keys bytea[]) RETURNS boolean[]
LANGUAGE sql SET plan_cache_mode = force_custom_plan AS $$
    WITH claimed AS (
        INSERT INTO idempotency_keys (key_hash)
        SELECT key_hash FROM unnest(keys) AS key_hash ORDER BY key_hash
        ON CONFLICT (key_hash) DO UPDATE SET claimed_at = now()
        WHERE idempotency_keys.claimed_at < now() - interval '72 hours'
        RETURNING key_hash
    )
    SELECT array_agg(claimed.key_hash IS NOT NULL ORDER BY place)
    FROM unnest(keys) WITH ORDINALITY AS wanted (key_hash, place)
    LEFT JOIN claimed USING (key_hash)
$$;

-- Drop some expired keys: more than a call adds, few enough to cost nothing. Last in a transaction: it waits for nobody.
CREATE OR REPLACE FUNCTION forget_keys(most bigint) RETURNS void
LANGUAGE sql AS $$
    DELETE FROM idempotency_keys WHERE key_hash = ANY (ARRAY(
        SELECT key_hash FROM idempotency_keys
        WHERE claimed_at < now() - interval '72 hours'
        ORDER BY claimed_at LIMIT most
        FOR UPDATE SKIP LOCKED
    ))
$$;

-- Add cells to the counters; at the ceiling of 64 bits a counter stays there.
--   hours      since 1970
--   cell_keys  place in `fresh` of the key a cell belongs to, NULL without one; may be shorter than the others
--   fresh      whether the cells of a key count
CREATE OR REPLACE FUNCTION raise_counters(
    pages text[], hours integer[], counts bigint[], partitions integer[], shard integer,
    cell_keys integer[] DEFAULT '{}', fresh boolean[] DEFAULT '{}'
) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
BEGIN
    -- One transaction locks every month it touches; many that touch hundreds would use up the server's lock table.
    IF (SELECT max(hour) - min(hour) > 10 * 8766 FROM unnest(hours) AS hour) THEN
        PERFORM pg_advisory_xact_lock(1213024588, 4);
    END IF;
    INSERT INTO page_views (page, view_hour, views, partition, shard_key)
    SELECT page, to_timestamp(hour * 3600.0), least(sum(views), 9223372036854775807), min(partition), shard
    FROM (
        SELECT page COLLATE "C" AS page, hour, views, partition
        FROM unnest(pages, hours, counts, partitions, cell_keys) AS cell (page, hour, views, partition, key)
        WHERE key IS NULL OR fresh[key]
    ) AS cells
    GROUP BY page, hour
    ORDER BY page, hour -- the same order for everybody: no deadlocks
    ON CONFLICT (page, view_hour, shard_key) DO UPDATE
    SET views = CASE
        WHEN page_views.views > 9223372036854775807 - excluded.views THEN 9223372036854775807
        ELSE page_views.views + excluded.views
    END;
END
$$;

-- Put aside what cannot be counted; of the cells of a key only where the key is fresh.
CREATE OR REPLACE FUNCTION park_cells(
    producers uuid[], partitions integer[], seqs bigint[], keys bytea[], fresh boolean[],
    cell_claims integer[], cell_keys integer[], pages bytea[], hours numeric[], counts numeric[], reasons text[]
) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO parked_cells (producer, partition, seq, key_hash, page, hour, views, reason)
    SELECT producers[claim], partitions[claim], seqs[claim], keys[key], page, hour, views, reason
    FROM unnest(cell_claims, cell_keys, pages, hours, counts, reasons) AS cell (claim, key, page, hour, views, reason)
    WHERE key IS NULL OR fresh[key]
$$;

-- Count batches, all of them or none; the places (from 1) of those that were counted before: then none.
CREATE OR REPLACE FUNCTION count_batches(
    producers uuid[], partitions integer[], seqs bigint[], keys bytea[], shard integer,
    pages text[], hours integer[], counts bigint[], page_partitions integer[], cell_keys integer[],
    parked_claims integer[], parked_keys integer[], parked_pages bytea[], parked_hours numeric[],
    parked_counts numeric[], parked_reasons text[]
) RETURNS integer[]
LANGUAGE plpgsql AS $$
DECLARE
    stale integer[] := mark_claims(producers, partitions, seqs);
    fresh boolean[] := '{}';
BEGIN
    IF stale <> '{}' THEN
        RETURN stale;
    END IF;
    IF keys <> '{}' THEN
        fresh := claim_keys(keys);
    END IF;
    PERFORM raise_counters(pages, hours, counts, page_partitions, shard, cell_keys, fresh);
    IF parked_claims <> '{}' THEN
        PERFORM park_cells(producers, partitions, seqs, keys, fresh, parked_claims, parked_keys, parked_pages,
                           parked_hours, parked_counts, parked_reasons);
    END IF;
    IF keys <> '{}' THEN
        PERFORM forget_keys(cardinality(keys) + 1000);
    END IF;
    RETURN stale;
END
$$;

-- Count cells and undo it: an error says that they cannot be counted.
CREATE OR REPLACE FUNCTION try_cells(
    pages text[], hours integer[], counts bigint[], partitions integer[], shard integer
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM raise_counters(pages, hours, counts, partitions, shard);
    RAISE 'undo' USING ERRCODE = 'HMILL';
EXCEPTION WHEN SQLSTATE 'HMILL' THEN
    RETURN;
END
$$;

-- Make the partition of a month (its first day), unless there is one. Counting goes on meanwhile: ATTACH PARTITION
-- lets others read and write page_views, CREATE TABLE ... PARTITION OF would not.
CREATE OR REPLACE FUNCTION make_month(month date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    name text := to_char(month, '"page_views_"YYYY_MM');
BEGIN
    PERFORM pg_advisory_xact_lock(1213024588, 2); -- one at a time, or two would make the same table
    WHILE to_regclass(name) IS NOT NULL LOOP
        PERFORM FROM pg_inherits WHERE inhparent = 'page_views'::regclass AND inhrelid = to_regclass(name);
        IF FOUND THEN
            RETURN;
        END IF;
        name := name || '_again'; -- somebody has detached that one and keeps it
    END LOOP;
    EXECUTE format('CREATE TABLE %I (LIKE page_views INCLUDING ALL) WITH (fillfactor = 70)', name);
    EXECUTE format(
        'ALTER TABLE page_views ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
        name, month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC'
    );
EXCEPTION WHEN invalid_object_definition THEN
    RETURN; -- a partition of somebody's own making covers it
END
$$;

-- Say that a worker lives, keep its leases, take free ones up to its fair share; what it holds then.
CREATE OR REPLACE FUNCTION renew_leases(
    me uuid, wanted integer[], lasting interval, OUT held integer[], OUT fair_share integer
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    moment timestamptz;
    kept   integer;
BEGIN
    PERFORM pg_advisory_xact_lock(1213024588, 3); -- one at a time: a few calls per second, each some milliseconds
    moment := clock_timestamp(); -- now() was before the lock
    INSERT INTO workers (worker, seen_at) VALUES (me, moment)
    ON CONFLICT (worker) DO UPDATE SET seen_at = excluded.seen_at;
    DELETE FROM workers WHERE seen_at < moment - lasting - interval '1 day';
    DELETE FROM leases WHERE worker = me AND partition <> ALL (wanted);
    UPDATE leases SET expires_at = moment + lasting WHERE worker = me;
    GET DIAGNOSTICS kept = ROW_COUNT;

    fair_share := ceil(cardinality(wanted)::numeric / (SELECT count(*) FROM workers WHERE seen_at > moment - lasting));
    INSERT INTO leases (partition, worker, expires_at)
    SELECT partition, me, moment + lasting
    FROM unnest(wanted) AS there (partition)
    WHERE NOT EXISTS (
        SELECT FROM leases JOIN workers USING (worker)
        WHERE leases.partition = there.partition
          AND leases.expires_at > moment AND workers.seen_at > moment - lasting
    )
    ORDER BY partition
    LIMIT greatest(fair_share - kept, 0)
    ON CONFLICT (partition) DO UPDATE SET worker = excluded.worker, expires_at = excluded.expires_at;
    held := ARRAY(SELECT partition FROM leases WHERE worker = me ORDER BY partition);
END
$$;

-- Give back partitions.
CREATE OR REPLACE FUNCTION release_leases(me uuid, given integer[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1213024588, 3);
    DELETE FROM leases WHERE worker = me AND partition = ANY (given);
END
$$;

-- Give back everything and be gone.
CREATE OR REPLACE FUNCTION leave_leases(me uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1213024588, 3);
    DELETE FROM leases WHERE worker = me;
    DELETE FROM workers WHERE worker = me;
END
$$;

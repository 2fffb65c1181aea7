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
-- Hours of a day that is not rolled up yet are raised alone, and those of MOST_DIRTY such days at once; hours of any
-- other day are raised together with what is made from them, so that whatever is sent, few days wait to be rolled up.
CREATE OR REPLACE FUNCTION raise_counters(
    pages text[], hours integer[], counts bigint[], partitions integer[], shard integer,
    cell_keys integer[] DEFAULT '{}', fresh boolean[] DEFAULT '{}'
) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    most_dirty CONSTANT integer := 400; -- days: more than a year, as a first import brings; docs/schema.md
    oldest  integer;
    newest  integer;
    kept    integer; -- the first hour that is
    settled integer[]; -- days since 1970 whose grains are raised at once
BEGIN
    SELECT min(hour), max(hour) INTO oldest, newest FROM unnest(hours) AS hour;
    -- One transaction locks every part it touches; many that touch them all would use up the server's lock table.
    IF newest - oldest > 2 * 8766 THEN
        PERFORM pg_advisory_xact_lock(1213024588, 4);
    END IF;
    -- The janitor waits for those who may not have seen what it has just changed.
    PERFORM pg_advisory_xact_lock_shared(1213024588, 6);
    kept := (SELECT (kept_from.hours - date '1970-01-01') * 24 FROM kept_from);
    settled := mark_days(hours, kept, most_dirty);
    IF oldest < kept OR settled <> '{}' THEN
        PERFORM raise_grains(pages, hours, counts, kept, settled, cell_keys, fresh);
    END IF;

    INSERT INTO page_views (page, view_hour, views, partition, shard_key)
    SELECT page, to_timestamp(hour * 3600.0), least(sum(views), 9223372036854775807), min(partition),
           CASE WHEN hour / 24 = ANY (settled) THEN 0 ELSE shard END -- no janitor makes one row of several there
    FROM (
        SELECT page COLLATE "C" AS page, hour, views, partition
        FROM unnest(pages, hours, counts, partitions, cell_keys) AS cell (page, hour, views, partition, key)
        WHERE hour >= kept AND (key IS NULL OR fresh[key])
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

-- Say that hours of days are raised. Which of these days (since 1970) are not to be rolled up for it: those that are
-- not dirty where `most` days are, newer ones first; never one of the last two days, which are raised all the time.
CREATE OR REPLACE FUNCTION mark_days(hours integer[], kept integer, most integer) RETURNS integer[]
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    clean date[]; -- nearly always none: no row is locked
BEGIN
    clean := ARRAY(
        SELECT DISTINCT date '1970-01-01' + hour / 24 FROM unnest(hours) AS hour WHERE hour >= kept
        EXCEPT SELECT view_day FROM dirty_days WHERE NOT rolling
    );
    IF clean = '{}' THEN
        RETURN '{}';
    END IF;
    INSERT INTO dirty_days (view_day)
    SELECT view_day
    FROM (
        SELECT view_day, dirty_days.view_day IS NOT NULL AS rolling,
               row_number() OVER (ORDER BY view_day DESC) + (SELECT count(*) FROM dirty_days) AS place
        FROM unnest(clean) AS view_day
        LEFT JOIN dirty_days USING (view_day)
    ) AS days
    WHERE rolling OR place <= most OR view_day >= current_date - 1
    ORDER BY view_day
    ON CONFLICT (view_day) DO UPDATE SET rolling = false;
    RETURN ARRAY(SELECT view_day - date '1970-01-01' FROM unnest(clean) AS view_day EXCEPT
                 SELECT view_day - date '1970-01-01' FROM dirty_days);
END
$$;

-- Add cells to the counters of days and months where hours are not kept, and of settled days; of these also of sites.
CREATE OR REPLACE FUNCTION raise_grains(
    pages text[], hours integer[], counts bigint[], kept integer, settled integer[], cell_keys integer[], fresh boolean[]
) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO page_views_daily (page, view_day, views)
    SELECT page, date '1970-01-01' + day, least(sum(views), 9223372036854775807)
    FROM (
        SELECT page COLLATE "C" AS page, hour / 24 AS day, views
        FROM unnest(pages, hours, counts, cell_keys) AS cell (page, hour, views, key)
        WHERE (hour < kept OR hour / 24 = ANY (settled)) AND (key IS NULL OR fresh[key])
    ) AS cells
    GROUP BY page, day
    ORDER BY page, day
    ON CONFLICT (page, view_day) DO UPDATE
    SET views = CASE
        WHEN page_views_daily.views > 9223372036854775807 - excluded.views THEN 9223372036854775807
        ELSE page_views_daily.views + excluded.views
    END;
    INSERT INTO page_views_monthly (page, view_month, views)
    SELECT page, month, least(sum(views), 9223372036854775807)
    FROM (
        SELECT page COLLATE "C" AS page, date_trunc('month', date '1970-01-01' + hour / 24)::date AS month, views
        FROM unnest(pages, hours, counts, cell_keys) AS cell (page, hour, views, key)
        WHERE (hour < kept OR hour / 24 = ANY (settled)) AND (key IS NULL OR fresh[key])
    ) AS cells
    GROUP BY page, month
    ORDER BY page, month
    ON CONFLICT (page, view_month) DO UPDATE
    SET views = CASE
        WHEN page_views_monthly.views > 9223372036854775807 - excluded.views THEN 9223372036854775807
        ELSE page_views_monthly.views + excluded.views
    END;
    INSERT INTO site_views (site, view_hour, views)
    SELECT site, to_timestamp(hour * 3600.0), least(sum(views), 9223372036854775807)
    FROM (
        SELECT substr(page, 1, greatest(strpos(page, '/') - 1, 0)) COLLATE "C" AS site, hour, views
        FROM unnest(pages, hours, counts, cell_keys) AS cell (page, hour, views, key)
        WHERE hour >= kept AND hour / 24 = ANY (settled) AND (key IS NULL OR fresh[key])
    ) AS cells
    GROUP BY site, hour
    ORDER BY site, hour
    ON CONFLICT (site, view_hour) DO UPDATE
    SET views = CASE
        WHEN site_views.views > 9223372036854775807 - excluded.views THEN 9223372036854775807
        ELSE site_views.views + excluded.views
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

-- Whether hours (since 1970) are of more days than a usual flush touches: each costs rows of its own.
CREATE OR REPLACE FUNCTION are_scattered(hours integer[]) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT max(hour) - min(hour) FROM unnest(hours) AS hour) > 62 * 24
       AND (SELECT count(DISTINCT hour / 24) FROM unnest(hours) AS hour) > 62;
END
$$;

-- Count batches, all of them or none; several only where they are of few days, so that one of many holds up no other.
--   stale     places (from 1) of those that were counted before: then nothing is counted
--   repeated  how many of the keys were claimed before: their cells are not counted
CREATE OR REPLACE FUNCTION apply_batches(
    producers uuid[], partitions integer[], seqs bigint[], keys bytea[], shard integer,
    pages text[], hours integer[], counts bigint[], page_partitions integer[], cell_keys integer[],
    parked_claims integer[], parked_keys integer[], parked_pages bytea[], parked_hours numeric[],
    parked_counts numeric[], parked_reasons text[],
    OUT stale integer[], OUT repeated integer
)
LANGUAGE plpgsql AS $$
DECLARE
    fresh boolean[] := '{}';
BEGIN
    IF cardinality(seqs) > 1 AND are_scattered(hours) THEN
        RAISE 'batches of many days are counted one by one' USING ERRCODE = 'HMONE';
    END IF;
    stale := mark_claims(producers, partitions, seqs);
    repeated := 0;
    IF stale <> '{}' THEN
        RETURN;
    END IF;
    IF keys <> '{}' THEN
        fresh := claim_keys(keys);
        repeated := cardinality(array_positions(fresh, false));
    END IF;
    PERFORM raise_counters(pages, hours, counts, page_partitions, shard, cell_keys, fresh);
    IF parked_claims <> '{}' THEN
        PERFORM park_cells(producers, partitions, seqs, keys, fresh, parked_claims, parked_keys, parked_pages,
                           parked_hours, parked_counts, parked_reasons);
    END IF;
    IF keys <> '{}' THEN
        PERFORM forget_keys(cardinality(keys) + 1000);
    END IF;
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

-- A month as the bound of a partition of a table: a moment where it has hours, else a day.
CREATE OR REPLACE FUNCTION part_bound(parent text, month date) RETURNS text
LANGUAGE sql AS $$
    SELECT CASE WHEN parent = 'page_views_daily' THEN month::text
           ELSE to_char(month, 'YYYY-MM-DD "00:00:00+00"') END
$$;

-- The partitions of a table that are bounded: what they hold, first <= day < before.
CREATE OR REPLACE FUNCTION parts_of(parent text) RETURNS TABLE (part regclass, first date, before date)
LANGUAGE sql STABLE AS $$
    SELECT pg_class.oid::regclass, coalesce((bounds[1]::timestamptz AT TIME ZONE 'UTC')::date, '-infinity'),
           (bounds[2]::timestamptz AT TIME ZONE 'UTC')::date
    FROM pg_inherits
    JOIN pg_class ON pg_class.oid = inhrelid
    CROSS JOIN LATERAL regexp_match(
        pg_get_expr(relpartbound, pg_class.oid), 'FROM \((?:''(.+)''|MINVALUE)\) TO \(''(.+)''\)'
    ) AS bounds
    WHERE inhparent = parent::regclass AND bounds IS NOT NULL
$$;

-- Make a partition of a month (its first day), and move there what the default one has of it. Counting goes on
-- meanwhile: ATTACH PARTITION lets others write to the table, CREATE TABLE ... PARTITION OF would not.
CREATE OR REPLACE FUNCTION make_month(parent text, month date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    name   text := parent || to_char(month, '"_"YYYY_MM');
    other  text := parent || '_other';
    hour   text := CASE parent WHEN 'page_views_daily' THEN 'view_day' ELSE 'view_hour' END;
    first  text := part_bound(parent, month);
    before text := part_bound(parent, (month + interval '1 month')::date);
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN; -- somebody has detached it and keeps it: its views stay in the default partition
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL) WITH (fillfactor = 70)', name, parent);
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', other);
    EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
                   other, hour, first, hour, before, name);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, first, before);
END
$$;

-- Make the partitions that a table needs now, whatever was sent: one of all that is older than 24 months when it is
-- made, one for each month from then to two months ahead, and the default one for the rest.
CREATE OR REPLACE FUNCTION make_parts_of(parent text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    running date := date_trunc('month', now() AT TIME ZONE 'UTC')::date;
    next    date := (SELECT max(before) FROM parts_of(parent));
BEGIN
    IF to_regclass(parent || '_other') IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT WITH (fillfactor = 70)', parent || '_other', parent);
    END IF;
    IF next IS NULL THEN
        next := (running - interval '24 months')::date;
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (MINVALUE) TO (%L) WITH (fillfactor = 70)',
                       parent || '_old', parent, part_bound(parent, next));
    END IF;
    PERFORM make_month(parent, month::date)
    FROM generate_series(next::timestamp, running + interval '2 months', interval '1 month') AS month;
END
$$;

-- The same for every table. Nearly always there is nothing to do, and nobody is waited for.
CREATE OR REPLACE FUNCTION make_parts() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    ahead timestamptz := date_trunc('month', now() AT TIME ZONE 'UTC') + interval '2 months';
BEGIN
    PERFORM pg_advisory_xact_lock(1213024588, 2); -- one at a time, or two would make the same table
    PERFORM make_parts_of(parent)
    FROM unnest('{page_views,page_views_daily,site_views}'::text[]) AS parent
    WHERE NOT EXISTS (SELECT FROM parts_of(parent) WHERE before > ahead);
END
$$;

-- Roll up a day that was marked as rolling, after everybody has seen the mark; it is clean then, unless it was raised
-- meanwhile. Hours are only ever raised, or go together with their month: no row of a day has to go, or to be lowered;
-- it is not, either, where somebody has taken hours away by hand.
CREATE OR REPLACE FUNCTION roll_up(day date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    first timestamptz := day::timestamp AT TIME ZONE 'UTC';
    after timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    WITH sums AS (
        SELECT page, least(sum(views), 9223372036854775807)::bigint AS views
        FROM page_views
        WHERE view_hour >= first AND view_hour < after
        GROUP BY page
    ), raised AS (
        INSERT INTO page_views_daily (page, view_day, views)
        SELECT page, day, views FROM sums ORDER BY page
        ON CONFLICT (page, view_day) DO UPDATE SET views = excluded.views
        WHERE page_views_daily.views < excluded.views
        RETURNING page_views_daily.page, page_views_daily.views
    )
    INSERT INTO page_views_monthly (page, view_month, views)
    SELECT raised.page, date_trunc('month', day)::date, raised.views - coalesce(before.views, 0)
    FROM raised
    LEFT JOIN page_views_daily AS before ON before.page = raised.page AND before.view_day = day -- as it was
    ORDER BY raised.page
    ON CONFLICT (page, view_month) DO UPDATE
    SET views = CASE
        WHEN page_views_monthly.views > 9223372036854775807 - excluded.views THEN 9223372036854775807
        ELSE page_views_monthly.views + excluded.views
    END;
    INSERT INTO site_views (site, view_hour, views)
    SELECT substr(page, 1, greatest(strpos(page, '/') - 1, 0)) AS site, view_hour,
           least(sum(views), 9223372036854775807)
    FROM page_views
    WHERE view_hour >= first AND view_hour < after
    GROUP BY site, view_hour
    ORDER BY site, view_hour
    ON CONFLICT (site, view_hour) DO UPDATE SET views = excluded.views
    WHERE site_views.views < excluded.views;
    DELETE FROM dirty_days WHERE view_day = day AND rolling;
END
$$;

-- Make the counters of a month (its first day) anew from those of its days.
CREATE OR REPLACE FUNCTION remake_month(month date) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1213024588, 6); -- nobody raises its days meanwhile
    DELETE FROM page_views_monthly WHERE view_month = month;
    INSERT INTO page_views_monthly (page, view_month, views)
    SELECT page, month, least(sum(views), 9223372036854775807)
    FROM page_views_daily
    WHERE view_day >= month AND view_day < (month + interval '1 month')::date
    GROUP BY page
    ORDER BY page;
END
$$;

-- Forget what was made from a day's hours, if these are kept; the janitor makes it again.
CREATE OR REPLACE FUNCTION forget_day(day date) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    first timestamptz := day::timestamp AT TIME ZONE 'UTC';
    after timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
    PERFORM pg_advisory_xact_lock(1213024588, 6); -- nobody raises its counters meanwhile
    IF day < (SELECT hours FROM kept_from) THEN
        RETURN;
    END IF;
    INSERT INTO dirty_days (view_day) VALUES (day) ON CONFLICT (view_day) DO UPDATE SET rolling = false;
    DELETE FROM page_views_daily WHERE view_day = day;
    DELETE FROM site_views WHERE view_hour >= first AND view_hour < after;
    PERFORM remake_month(date_trunc('month', day)::date);
END
$$;

-- Drop a partition of which nothing is kept; the one without a beginning is emptied.
CREATE OR REPLACE FUNCTION drop_part(part regclass) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    parent regclass := (SELECT inhparent FROM pg_inherits WHERE inhrelid = part);
BEGIN
    IF EXISTS (SELECT FROM pg_class WHERE oid = part AND pg_get_expr(relpartbound, oid) LIKE '%MINVALUE%') THEN
        EXECUTE format('LOCK TABLE ONLY %s', parent); -- as DROP TABLE does: nobody reads it in an earlier moment
        EXECUTE format('TRUNCATE %s', part);
    ELSE
        EXECUTE format('DROP TABLE %s', part);
    END IF;
END
$$;

-- Drop a partition of page_views_daily, of days before a month (its first day), and what the months have of it.
CREATE OR REPLACE FUNCTION drop_days(part regclass, month date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    first date := (SELECT first FROM parts_of('page_views_daily') AS parts WHERE parts.part = drop_days.part);
BEGIN
    PERFORM pg_advisory_xact_lock(1213024588, 6); -- before the table: who raises its days has this lock first, too
    PERFORM drop_part(part);
    PERFORM remake_month(view_month)
    FROM (SELECT DISTINCT view_month FROM page_views_monthly WHERE view_month >= first AND view_month < month) AS months;
END
$$;

-- Drop some of the hours before a moment that no partition of theirs takes along; how many rows went.
CREATE OR REPLACE FUNCTION trim_hours(before timestamptz, most integer) RETURNS bigint
LANGUAGE sql SET plan_cache_mode = force_custom_plan AS $$
    WITH pages AS (
        DELETE FROM page_views WHERE view_hour < before AND (page, view_hour, shard_key) IN (
            SELECT page, view_hour, shard_key FROM page_views WHERE view_hour < before LIMIT most
        ) RETURNING 1
    ), sites AS (
        DELETE FROM site_views WHERE view_hour < before AND (site, view_hour) IN (
            SELECT site, view_hour FROM site_views WHERE view_hour < before LIMIT most
        ) RETURNING 1
    )
    SELECT (SELECT count(*) FROM pages) + (SELECT count(*) FROM sites)
$$;

-- The same with days before a month, and with what the months have of them: of so many pages and months.
CREATE OR REPLACE FUNCTION trim_days(before date, most integer) RETURNS bigint
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    went bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1213024588, 6); -- nobody raises them meanwhile
    WITH months AS (
        DELETE FROM page_views_monthly WHERE (page, view_month) IN (
            SELECT page, view_month FROM page_views_monthly WHERE view_month < before LIMIT most
        ) RETURNING page, view_month
    ), days AS (
        DELETE FROM page_views_daily AS daily USING months
        WHERE daily.view_day < before AND daily.page = months.page
          AND daily.view_day >= view_month AND daily.view_day < view_month + interval '1 month'
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM months) + (SELECT count(*) FROM days) INTO went;
    RETURN went;
END
$$;

-- Make one row of the several that cells have under different shard keys, of at most so many cells; how many rows went.
CREATE OR REPLACE FUNCTION compact_hours(first timestamptz, before timestamptz, most integer) RETURNS bigint
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    pages  text[];
    hours  timestamptz[];
    keepers integer[];
    went   bigint;
BEGIN
    SELECT array_agg(page), array_agg(view_hour), array_agg(keeper) INTO pages, hours, keepers
    FROM (
        SELECT page, view_hour, min(shard_key) AS keeper
        FROM page_views
        WHERE view_hour >= first AND view_hour < before
        GROUP BY page, view_hour
        HAVING count(*) > 1 AND sum(views) <= 9223372036854775807 -- what no row can hold stays in several
        ORDER BY page, view_hour
        LIMIT most
    ) AS cells;
    -- In the order in which they are raised: no two wait for each other.
    PERFORM FROM page_views JOIN unnest(pages, hours) AS cell (page, view_hour) USING (page, view_hour)
    WHERE view_hour >= first AND view_hour < before
    ORDER BY page, view_hour, shard_key
    FOR UPDATE OF page_views;

    WITH gone AS (
        DELETE FROM page_views
        USING unnest(pages, hours, keepers) AS cell (page, view_hour, keeper)
        WHERE page_views.page = cell.page AND page_views.view_hour = cell.view_hour AND shard_key <> keeper
          AND page_views.view_hour >= first AND page_views.view_hour < before
        RETURNING page_views.page, page_views.view_hour, keeper, views
    ), sums AS (
        SELECT page, view_hour, keeper, sum(views) AS views, count(*) AS rows FROM gone GROUP BY page, view_hour, keeper
    ), kept AS (
        UPDATE page_views SET views = page_views.views + sums.views
        FROM sums
        WHERE page_views.page = sums.page AND page_views.view_hour = sums.view_hour AND shard_key = keeper
          AND page_views.view_hour >= first AND page_views.view_hour < before
    )
    SELECT coalesce(sum(rows), 0) INTO went FROM sums;
    RETURN went;
END
$$;

-- Keep hours from a month on (its first day), never again from an earlier one. Days before it that somebody goes on
-- raising are rolled up while nobody can; false if these are more than a few, and then nothing has changed.
CREATE OR REPLACE FUNCTION keep_hours_from(month date, few integer) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    days date[];
BEGIN
    PERFORM pg_advisory_xact_lock(1213024588, 6); -- nobody raises hours that they believe to be kept
    days := ARRAY(SELECT view_day FROM dirty_days WHERE view_day < month);
    IF cardinality(days) > few THEN
        RETURN false;
    END IF;
    UPDATE dirty_days SET rolling = true WHERE view_day = ANY (days);
    PERFORM roll_up(day) FROM unnest(days) AS day;
    UPDATE kept_from SET hours = month WHERE hours < month;
    RETURN true;
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

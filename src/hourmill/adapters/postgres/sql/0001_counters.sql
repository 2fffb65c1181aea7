-- Counters by month, claims of batches and keys, leases, what could not be counted, what imports have counted.

-- Its partitions are made by the clock, never by what is sent (functions.sql, make_parts).
CREATE TABLE page_views (
    page      text        COLLATE "C" NOT NULL, -- bytes: an index that a new C library on the host cannot break
    view_hour timestamptz NOT NULL,
    views     bigint      NOT NULL,
    partition integer     NOT NULL,
    shard_key integer     NOT NULL,
    PRIMARY KEY (page, view_hour, shard_key)
) PARTITION BY RANGE (view_hour);

-- Which numbered batches were counted: contiguous numbers melt into one range.
CREATE TABLE claims (
    producer   uuid           NOT NULL,
    partition  integer        NOT NULL,
    applied    int8multirange NOT NULL DEFAULT '{}',
    changed_at timestamptz    NOT NULL DEFAULT now(),
    PRIMARY KEY (producer, partition)
) WITH (fillfactor = 50);

CREATE TABLE idempotency_keys (
    key_hash   bytea       PRIMARY KEY,
    claimed_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (claimed_at);

-- Cells that were accepted and that no counter can hold. accepted = counted + parked, always.
CREATE TABLE parked_cells (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parked_at timestamptz NOT NULL DEFAULT now(),
    producer  uuid        NOT NULL,
    partition integer     NOT NULL,
    seq       bigint      NOT NULL,
    key_hash  bytea,
    page      bytea       NOT NULL, -- UTF-8; what a text cannot hold is among the reasons to be here
    hour      numeric     NOT NULL, -- UTC, hours since 1970
    views     numeric     NOT NULL,
    reason    text        NOT NULL
);

-- Workers that live, and which of them works on which partition.
CREATE TABLE workers (
    worker  uuid        PRIMARY KEY,
    seen_at timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE leases (
    partition  integer     PRIMARY KEY,
    worker     uuid        NOT NULL,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Lines of imported files that are counted; ports/store.py, Stretch.
CREATE TABLE import_stretches (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    start  bytea  NOT NULL,
    prints bytea  NOT NULL
);

CREATE INDEX import_stretches_by_start ON import_stretches (start);

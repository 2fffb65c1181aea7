CREATE TABLE page_views (
    page      TEXT    NOT NULL,
    view_hour TEXT    NOT NULL, -- UTC, as datetime() writes it: 2025-07-16 10:00:00
    shard_key INTEGER NOT NULL,
    views     INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    PRIMARY KEY (page, view_hour, shard_key)
) WITHOUT ROWID, STRICT;

CREATE TABLE journal (
    seq   INTEGER PRIMARY KEY,
    cells BLOB NOT NULL -- core/batch.py, encode_cells
) STRICT;

CREATE TABLE idempotency_keys (
    key_hash   BLOB    PRIMARY KEY,
    claimed_at INTEGER NOT NULL -- seconds since 1970
) WITHOUT ROWID, STRICT;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (claimed_at);

CREATE TABLE import_stretches (
    id     INTEGER PRIMARY KEY,
    start  BLOB NOT NULL,
    prints BLOB NOT NULL
) STRICT;

CREATE INDEX import_stretches_by_start ON import_stretches (start);

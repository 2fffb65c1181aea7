-- Access keys, and the browsers that are signed in with one.

CREATE TABLE access_keys (
    key_id     TEXT    PRIMARY KEY,
    digest     BLOB    NOT NULL, -- SHA-256 of the key: enough to know it again
    name       TEXT    NOT NULL,
    scopes     TEXT    NOT NULL, -- of write, read, admin; parted by spaces
    site       TEXT,             -- NULL: every site
    created_at INTEGER NOT NULL, -- seconds since 1970, like the others
    expires_at INTEGER,          -- NULL: never
    used_at    INTEGER,          -- NULL: not yet
    parent     TEXT              -- of a signed-in browser: the key it signed in with
) WITHOUT ROWID, STRICT;

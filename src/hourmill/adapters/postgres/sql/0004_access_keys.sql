-- Access keys, and the browsers that are signed in with one.

CREATE TABLE access_keys (
    key_id     text        PRIMARY KEY,
    digest     bytea       NOT NULL, -- SHA-256 of the key: enough to know it again
    name       text        NOT NULL,
    scopes     text        NOT NULL, -- of write, read, admin; parted by spaces
    site       text,                 -- NULL: every site
    created_at timestamptz NOT NULL,
    expires_at timestamptz,          -- NULL: never
    used_at    timestamptz,          -- NULL: not yet
    parent     text                  -- of a signed-in browser: the key it signed in with
);

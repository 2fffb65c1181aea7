-- The rows of an imported file, in a temporary database, until all of them are read.

-- name: create_rows
-- Make room for rows.
CREATE TABLE rows (
    page TEXT NOT NULL,
    hour INTEGER NOT NULL,
    whole_day INTEGER NOT NULL,
    views INTEGER NOT NULL
);

-- name: empty_rows
-- Forget the rows of the file before.
DELETE FROM rows;

-- name: add_row
-- Hold a row.
INSERT INTO rows (page, hour, whole_day, views) VALUES (?, ?, ?, ?);

-- name: rows_by_time
-- The rows, in the order of time.
SELECT page, hour, whole_day, views FROM rows ORDER BY hour, whole_day;

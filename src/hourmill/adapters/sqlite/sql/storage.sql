-- How large the data file is, each statement under its name.

-- name: list_tables
SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name;

-- name: count
SELECT count(*) FROM {table};

-- name: measure
-- The bytes of each table, its indexes among them.
SELECT tbl_name, sum(pgsize)
FROM dbstat
JOIN sqlite_schema USING (name)
WHERE aggregate = TRUE
GROUP BY tbl_name;

-- name: count_by_view_hour
SELECT count(*)
FROM {table}
WHERE view_hour >= date(:first * 86400, 'unixepoch')
  AND (:before IS NULL OR view_hour < date(:before * 86400, 'unixepoch'));

-- name: count_by_view_day
SELECT count(*)
FROM {table}
WHERE view_day >= date(:first * 86400, 'unixepoch')
  AND (:before IS NULL OR view_day < date(:before * 86400, 'unixepoch'));

-- name: first_by_view_hour
-- The first day with rows in a range of days: its beginning, too, if there are earlier ones, and its end if there are none.
SELECT max(:first, min(:before, coalesce(CAST(strftime('%s', date(min(view_hour))) AS INTEGER) / 86400, :before)))
FROM {table};

-- name: first_by_view_day
SELECT max(:first, min(:before, coalesce(CAST(strftime('%s', min(view_day)) AS INTEGER) / 86400, :before)))
FROM {table};

-- name: count_by_view_month
SELECT count(*)
FROM {table}
WHERE view_month >= date(:first * 86400, 'unixepoch')
  AND (:before IS NULL OR view_month < date(:before * 86400, 'unixepoch'));

-- name: first_by_view_month
SELECT max(:first, min(:before, coalesce(CAST(strftime('%s', min(view_month)) AS INTEGER) / 86400, :before)))
FROM {table};

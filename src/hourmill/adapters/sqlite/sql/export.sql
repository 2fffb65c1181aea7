-- What an export reads, each statement under its name. Days and hours are numbers, since 1970.

-- name: list_days
-- The days with counters: those that are rolled up, and those whose hours were raised since.
SELECT DISTINCT CAST(strftime('%s', view_day) AS INTEGER) / 86400 FROM page_views_daily
UNION
SELECT CAST(strftime('%s', view_day) AS INTEGER) / 86400 FROM dirty_days;

-- name: read_hours_of_day
-- The views of each page and hour of a day.
SELECT page, CAST(strftime('%s', view_hour) AS INTEGER) / 3600 AS hour, sum(views)
FROM page_views
WHERE view_hour >= date(:day * 86400, 'unixepoch') AND view_hour < date(:day * 86400 + 86400, 'unixepoch')
GROUP BY view_hour, page
HAVING sum(views) > 0;

-- name: read_day
-- The views of each page in a day, as if they were of its first hour.
SELECT page, :day * 24 AS hour, views
FROM page_views_daily
WHERE view_day = date(:day * 86400, 'unixepoch') AND views > 0;

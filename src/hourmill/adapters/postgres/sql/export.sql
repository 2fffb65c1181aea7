-- What an export reads, each statement under its name. Days and hours are numbers, since 1970.

-- name: have_patience
-- Let a statement take its time, and whoever writes down the rows.
SELECT set_config('statement_timeout', '1h', true), set_config('idle_in_transaction_session_timeout', '1h', true);

-- name: list_days
-- The days with counters: those that are rolled up, and those whose hours were raised since.
SELECT view_day - date '1970-01-01' AS day
FROM (SELECT view_day FROM page_views_daily UNION SELECT view_day FROM dirty_days) AS days
ORDER BY 1;

-- name: read_hours_of_day
-- The views of each page and hour of a day.
SELECT page, (extract(epoch FROM view_hour) / 3600)::integer AS hour,
       least(sum(views), 9223372036854775807) AS views
FROM page_views
WHERE view_hour >= to_timestamp($1::double precision * 86400)
  AND view_hour < to_timestamp(($1::double precision + 1) * 86400)
GROUP BY page, view_hour
HAVING sum(views) > 0
ORDER BY view_hour, page;

-- name: read_day
-- The views of each page in a day, as if they were of its first hour.
SELECT page, $1::integer * 24 AS hour, views
FROM page_views_daily
WHERE view_day = date '1970-01-01' + $1::integer AND views > 0
ORDER BY page;

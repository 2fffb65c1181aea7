-- Counters by month, always the sums of those by day; a day of all pages is found without reading its month.

-- Nobody raises a day until this is done.
LOCK TABLE page_views_daily IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE page_views_monthly (
    page       text   COLLATE "C" NOT NULL,
    view_month date   NOT NULL, -- UTC, its first day
    views      bigint NOT NULL,
    PRIMARY KEY (page, view_month)
) WITH (fillfactor = 70);

INSERT INTO page_views_monthly (page, view_month, views)
SELECT page, date_trunc('month', view_day)::date AS view_month, least(sum(views), 9223372036854775807)
FROM page_views_daily
GROUP BY page, date_trunc('month', view_day)::date
ORDER BY view_month, page;

-- Rows of a month lie together.
CREATE INDEX page_views_monthly_by_month ON page_views_monthly
USING brin (view_month) WITH (pages_per_range = 16, autosummarize = on);

CREATE INDEX page_views_daily_by_day ON page_views_daily
USING brin (view_day) WITH (pages_per_range = 32, autosummarize = on);

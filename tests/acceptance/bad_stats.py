"""Queries of statistics that the service refuses, and the parameters that are named."""

import base64

LONG = "x" * 2049


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


BAD_SCOPES = [
    ("page", ["page"]),
    *((f"{name}={text}", [name]) for name in ("page", "prefix") for text in ("", "%00", "a%0Ab", "%C2%85", LONG)),
    *((f"site={text}", ["site"]) for text in ("%00", LONG, "a/b", "/", "a/")),
    *((f"{a}=x&{b}=x", [a, b]) for a, b in (("page", "site"), ("page", "prefix"), ("site", "prefix"))),
    ("page=x&site=&prefix=x", ["page", "site", "prefix"]),
    *((f"{name}=x&{name}=x", [name]) for name in ("page", "site", "prefix", "from", "to", "tz")),
]

BAD_PERIODS = [
    *((f"period={text}", ["period"]) for text in ("", "7D", "8d", "7", "all", "7d%20", "custom,7d", "null")),
    *((f"period={period}&from=2015-05-17", ["from"]) for period in ("24h", "7d", "today", "month")),
    ("period=12mo&from=x&to=2015-05-17", ["from", "to"]),
    *((query, ["from"]) for query in ("period=custom", "to=2015-05-17", "period=custom&to=2015-05-17")),
    *(
        (f"from={text}&to=2016-01-01", ["from"])
        for text in ("", "now", "2015", "2015-13-01", "2015-02-29", "1431820800")
    ),
    *((f"from={text}&to=2016-01-01", ["from"]) for text in ("1969-12-31", "2201-01-01", "0001-01-01", "9999-12-31")),
    *((f"from=2015-05-17&to={text}", ["to"]) for text in ("", "2015-05-17T10:30Z", "2015-05-17T10", "2201-01-01")),
    *((f"from=2015-05-17&to={text}", ["to"]) for text in ("2015-05-17T10:00+02:00", "2015-05-17T10:00%2B24:00")),
    ("from=x&to=y", ["from", "to"]),
    *((f"from=2015-05-18&to={to}", ["from"]) for to in ("2015-05-17", "2015-05-18T00:00", "2015-05-17T23:00Z")),
    ("from=2015-05-17T10:00Z&to=2015-05-17T10:00Z", ["from"]),
    ("from=2199-01-01", ["from"]),
    ("from=1970-01-01&to=1970-12-31&tz=Mars/Olympus", ["tz"]),
    ("from=1970-01-01&to=2170-01-01", ["from"]),
    ("from=2011-12-30&to=2011-12-30&tz=Pacific/Apia", ["from"]),
]

BAD_ZONES = [
    *(
        (f"tz={name}", ["tz"])
        for name in ("", "Berlin", "europe/berlin", "UTC+1", "+02:00", "Europe/Berlin/", "Europe")
    ),
    *((f"tz={name}", ["tz"]) for name in ("../../etc/passwd", "/etc/localtime", "posixrules", "right/UTC", "zone.tab")),
    *((f"tz={name}", ["tz"]) for name in ("tzdata.zi", "..", "%00", "Europe/Berlin%00", "Europe%2FBerlin%20", LONG)),
]

BAD_COMPARISONS = [(f"compare={text}", ["compare"]) for text in ("", "before", "Year", "previous,year", "none")]
BAD_FORMS = [(f"format={text}", ["format"]) for text in ("", "xml", "CSV", "text/csv")]
BAD_INTERVALS = [
    *((f"interval={text}", ["interval"]) for text in ("", "hours", "minute", "HOUR", "1")),
    ("from=2000-01-01&to=2002-12-31&interval=hour", ["interval"]),
    ("from=1970-01-01&to=2023-12-31&interval=day", ["interval"]),
    ("from=1970-01-01&to=2169-12-31&interval=week", ["interval"]),
]
BAD_RANKINGS = [
    *((f"limit={text}", ["limit"]) for text in ("", "0", "-1", "10001", "1e1", "%2B1", "1_0", "%D9%A3", "9" * 5000)),
    *((f"sort={text}", ["sort"]) for text in ("", "page", "Views", "views,name")),
    *((f"search={text}", ["search"]) for text in ("%00", LONG)),
    *((f"after={text}", ["after"]) for text in ("", "x", "%00", "a" * 5000, "%C3%A9", "====", "e30")),
    *(
        (f"after={cursor(text)}", ["after"])
        for text in ('["views",-1,"a"]', '["views",1.0,"a"]', '["views",1]', "[]", '"views"')
    ),
    *(
        (f"after={cursor(text)}", ["after"])
        for text in ('["views", 1, "a"]', '["views",9223372036854775808,"a"]', "{}")
    ),
    *(
        (f"after={cursor(text)}", ["after"])
        for text in ('["name",1,"a"]', '["views",1,"a\\u0000"]', '["views",1,"\\ud800"]')
    ),
    ("sort=name&after=" + cursor('["views",1,"a"]'), ["after"]),
]
BAD_HEATMAPS = [("from=2000-01-01&to=2002-12-31", ["from"])]

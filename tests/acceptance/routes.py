"""The routes that count: where they are, how much they take at most, and a good body for each."""

from tests.client import JSON, HeaderLines

SINGLE = "/page-views/single"
MULTI = "/page-views/multi"
TEN = "2025-07-16T10:00:00Z"
ELEVEN = "2025-07-16T11:00:00Z"
SINGLE_LIMIT = 16 << 10
MULTI_LIMIT = 8 << 20
GOOD = b'{"page": "example.com/a", "timestamp": "2025-07-16T10:00:00Z"}'
GOOD_BATCH = b'{"example.com/a": {"2025-07-16T10:00:00Z": 1}}'
CHUNKS: HeaderLines = [*JSON, ("transfer-encoding", "chunked")]

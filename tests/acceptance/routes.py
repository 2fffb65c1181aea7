"""The routes that count: where they are, the largest body that they take, and hours to count in."""

from tests.client import JSON, HeaderLines

SINGLE = "/page-views/single"
MULTI = "/page-views/multi"
TEN = "2025-07-16T10:00:00Z"
ELEVEN = "2025-07-16T11:00:00Z"
SINGLE_LIMIT = 16 << 10
MULTI_LIMIT = 8 << 20
CHUNKS: HeaderLines = [*JSON, ("transfer-encoding", "chunked")]

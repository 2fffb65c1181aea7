"""Claims and keys that are counted at once, as generated: the sums are those of a plain dictionary."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.postgres_store import OTHER, PRODUCER, ask, claim, opened

from hourmill.core.batch import Batch, Cells
from hourmill.core.message import Claim

CELLS = st.dictionaries(
    st.sampled_from(["a", "b", "ü/1", ""]),
    st.dictionaries(st.integers(0, 3), st.integers(1, 9), min_size=1),
    min_size=1,
)
CLAIMS = st.builds(claim, st.integers(1, 6), st.integers(0, 1), st.sampled_from([PRODUCER, OTHER]))
CALLS = st.tuples(st.sets(CLAIMS, min_size=1, max_size=4), st.sampled_from([None, b"k1", b"k2"]), CELLS)
AT_ONCE = st.lists(st.lists(CALLS, min_size=1, max_size=3), max_size=8)


@given(rounds=AT_ONCE)
@settings(max_examples=40)
def test_any_interleaving_of_claims_and_keys_gives_the_sums_of_a_plain_dictionary(
    shared_url: str, rounds: list[list[tuple[set[Claim], bytes | None, Cells]]]
) -> None:
    """The answers say which calls counted: of those that share a claim exactly one, of those that share a key one."""
    asyncio.run(play(shared_url, rounds))


async def play(url: str, rounds: list[list[tuple[set[Claim], bytes | None, Cells]]]) -> None:
    await ask(url, "TRUNCATE page_views, claims, idempotency_keys")
    made: set[Claim] = set()
    plain: dict[tuple[str, int], int] = {}
    keyed: dict[bytes, list[Cells]] = {}
    async with opened(url) as one, opened(url, 1) as two:
        for calls in rounds:
            batches = [Batch(cells, {}) if key is None else Batch({}, {key: cells}) for _, key, cells in calls]
            stores = [one, two, one][: len(calls)]
            applying = [s.apply(list(call[0]), b) for s, call, b in zip(stores, calls, batches, strict=True)]
            answers = await asyncio.gather(*applying)
            now: dict[bytes, list[Cells]] = {}
            for (claims, key, cells), stale in zip(calls, answers, strict=True):
                if stale:
                    assert set(stale) <= claims
                    continue
                assert not claims & made
                made |= claims
                if key is None:
                    add(plain, cells)
                else:
                    now.setdefault(key, []).append(cells)
            keyed = now | keyed  # a key of an earlier round counts no more
            for (claims, _, _), stale in zip(calls, answers, strict=True):
                assert set(stale) <= made & claims
    counted = {
        (page, int(hour.timestamp()) // 3600): int(views)
        for page, hour, views in await ask(url, "SELECT page, view_hour, sum(views) FROM page_views GROUP BY 1, 2")
    }
    assert counted in possible(plain, list(keyed.values()))


def add(total: dict[tuple[str, int], int], cells: Cells) -> None:
    for page, hours in cells.items():
        for hour, views in hours.items():
            total[page, hour] = total.get((page, hour), 0) + views


def possible(plain: dict[tuple[str, int], int], keyed: list[list[Cells]]) -> list[dict[tuple[str, int], int]]:
    """The sums, whichever of the batches with the same key came first."""
    sums = [plain]
    for choices in keyed:
        nexts = []
        for total in sums:
            for cells in choices:
                chosen = dict(total)
                add(chosen, cells)
                nexts.append(chosen)
        sums = nexts
    return sums

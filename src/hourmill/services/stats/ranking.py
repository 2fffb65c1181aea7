"""Pages and sites, in order, one answer after the other."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from hourmill.core.page import page_fault
from hourmill.errors import BadQuery, Fault
from hourmill.ports.stats import PageViews, Place, Ranking
from hourmill.services.slices import in_slices
from hourmill.services.stats.answer import Compared, PageEntry, Pages, SiteEntry, Sites
from hourmill.services.stats.cursor import cursor_of, place_of
from hourmill.services.stats.inquiry import Inquiry, change, span_of, stretch_of
from hourmill.services.stats.question import RankingQuestion

MAX_NAMES_BYTES = (
    2 << 20
)  # of an answer: one of 10,000 long names would be 20 MB, made at once and held until it is read


def checked(question: RankingQuestion) -> Place | None:
    """The place after which a ranking goes on.

    raises  BadQuery  the search or the place cannot be one
    """
    faults = []
    fault = page_fault(question.search) if question.search else None
    if fault is not None:
        faults.append(Fault(fault.replace("a page", "a search"), parameter="search"))
    after = None if question.after is None else place_of(question.sort, question.after)
    if after is None and question.after is not None:
        faults.append(Fault("next of an answer with the same sort", parameter="after"))
    if faults:
        raise BadQuery(faults)
    return after


async def pages(inquiry: Inquiry, question: RankingQuestion, after: Place | None) -> Pages:
    """Pages in order."""
    ranking = _ranking(inquiry, question, after)
    rows = await inquiry.reader.pages(ranking) if ranking else []
    shown = _shown(rows, question.limit)
    total, entries = await _entries(inquiry, shown)
    return Pages(
        *await inquiry.about(),
        total=total,
        next=_next(question, shown) if len(shown) < len(rows) else None,
        compare=_compared(inquiry),
        pages=await in_slices(PageEntry(*entry) for entry in entries),
    )


async def sites(inquiry: Inquiry, question: RankingQuestion, after: Place | None) -> Sites:
    """Sites in order."""
    ranking = _ranking(inquiry, question, after)
    rows = await inquiry.reader.sites(ranking) if ranking else []
    shown = _shown(rows, question.limit)
    total, entries = await _entries(inquiry, shown)
    return Sites(
        *await inquiry.about(),
        total=total,
        next=_next(question, shown) if len(shown) < len(rows) else None,
        compare=_compared(inquiry),
        sites=await in_slices(SiteEntry(*entry) for entry in entries),
    )


def _ranking(inquiry: Inquiry, question: RankingQuestion, after: Place | None) -> Ranking | None:
    span, against = span_of(inquiry.asked.hours), inquiry.asked.against
    if span is None:
        return None
    compared = span_of(against.part) if against else None
    more = question.limit + 1  # to see whether there is a next answer
    return Ranking(inquiry.asked.scope, span, compared, question.search, question.sort, after, more)


def _shown(rows: Sequence[PageViews], limit: int) -> Sequence[PageViews]:
    """The rows that are answered; one at least, if there is one."""
    lengths = accumulate(len(row.name.encode()) for row in rows[:limit])
    return rows[: max(1, sum(length <= MAX_NAMES_BYTES for length in lengths))]


async def _entries(
    inquiry: Inquiry, rows: Sequence[PageViews]
) -> tuple[int, Iterator[tuple[str, int, float, int | None, float | None]]]:
    """All views, read after the rows, so that no share is above 1; and what is answered of each row."""
    total = await inquiry.total(inquiry.asked.hours)
    against = inquiry.asked.against
    return total, (
        (
            row.name,
            row.views,
            round(min(row.views / total, 1.0), 4) if total else 0.0,
            row.compared if against else None,
            change(row.views, row.compared) if against else None,
        )
        for row in rows
    )


def _next(question: RankingQuestion, shown: Sequence[PageViews]) -> str:
    return cursor_of(question.sort, Place(shown[-1].views, shown[-1].name))


def _compared(inquiry: Inquiry) -> Compared | None:
    against = inquiry.asked.against
    return Compared(stretch_of(against.whole), against.part.before.moment) if against else None

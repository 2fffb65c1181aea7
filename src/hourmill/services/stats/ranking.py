"""Pages and sites, in order, one answer after the other."""

from collections.abc import Sequence

from hourmill.core.page import page_fault
from hourmill.errors import BadQuery, Fault
from hourmill.ports.stats import PageViews, Place, Ranking
from hourmill.services.stats.answer import Compared, PageEntry, Pages, SiteEntry, Sites
from hourmill.services.stats.cursor import cursor_of, place_of
from hourmill.services.stats.inquiry import Inquiry, change, span_of, stretch_of
from hourmill.services.stats.question import RankingQuestion


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
    total, entries = await _entries(inquiry, rows[: question.limit])
    return Pages(
        *inquiry.about(),
        total=total,
        next=_next(question, rows),
        compare=_compared(inquiry),
        pages=[PageEntry(*entry) for entry in entries],
    )


async def sites(inquiry: Inquiry, question: RankingQuestion, after: Place | None) -> Sites:
    """Sites in order."""
    ranking = _ranking(inquiry, question, after)
    rows = await inquiry.reader.sites(ranking) if ranking else []
    total, entries = await _entries(inquiry, rows[: question.limit])
    return Sites(
        *inquiry.about(),
        total=total,
        next=_next(question, rows),
        compare=_compared(inquiry),
        sites=[SiteEntry(*entry) for entry in entries],
    )


def _ranking(inquiry: Inquiry, question: RankingQuestion, after: Place | None) -> Ranking | None:
    span, against = span_of(inquiry.asked.hours), inquiry.asked.against
    if span is None:
        return None
    compared = span_of(against.part) if against else None
    more = question.limit + 1  # to see whether there is a next answer
    return Ranking(inquiry.asked.scope, span, compared, question.search, question.sort, after, more)


async def _entries(
    inquiry: Inquiry, rows: Sequence[PageViews]
) -> tuple[int, list[tuple[str, int, float, int | None, float | None]]]:
    """All views, read after the rows, so that no share is above 1; and what is answered of each row."""
    total = await inquiry.total(inquiry.asked.hours)
    against = inquiry.asked.against
    return total, [
        (
            row.name,
            row.views,
            round(min(row.views / total, 1.0), 4) if total else 0.0,
            row.compared if against else None,
            change(row.views, row.compared) if against else None,
        )
        for row in rows
    ]


def _next(question: RankingQuestion, rows: Sequence[PageViews]) -> str | None:
    if len(rows) <= question.limit:
        return None
    last = rows[question.limit - 1]
    return cursor_of(question.sort, Place(last.views, last.name))


def _compared(inquiry: Inquiry) -> Compared | None:
    against = inquiry.asked.against
    return Compared(stretch_of(against.whole), against.part.before.moment) if against else None

"""Where a ranking goes on: a place, as a text that callers hand back."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from hourmill.core.page import page_fault
from hourmill.ports.stats import MOST_VIEWS, Place, RankedBy


def cursor_of(order: RankedBy, place: Place) -> str:
    """The text."""
    return urlsafe_b64encode(msgspec.json.encode([order, place.views, place.name])).decode().rstrip("=")


def place_of(order: RankedBy, cursor: str) -> Place | None:
    """The place, or None: the text is not ours, or of another order."""
    try:
        decoded = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        found, views, name = msgspec.json.decode(decoded, type=tuple[str, int, str])
    except (ValueError, msgspec.DecodeError):  # of base64, of ASCII, of JSON
        return None
    place = Place(views, name)
    can_be = 0 <= views <= MOST_VIEWS and (not name or page_fault(name) is None)
    return place if can_be and found == order and cursor_of(order, place) == cursor else None

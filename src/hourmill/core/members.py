"""JSON objects read member by member: what a body holds is looked at as it comes, and nothing else is built of it."""

import json
import re
from collections.abc import Iterator
from json import JSONDecodeError
from typing import Any, NoReturn

_BLANK = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_LITERAL = re.compile(r"true|false|null")
_CONSTANT = re.compile(r"NaN|-?Infinity")
_text: Any = json.decoder.scanstring  # type: ignore[attr-defined]  # in C; its stub lacks it

MAX_SKIPPED = 1_024  # characters of an array or object that stands where none is wanted
MAX_DIGITS = 20
MAX_DEPTH = 32  # of values nobody asked for; far below what the parser could follow
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"


class NotJson(ValueError):
    """Why a text is not JSON, or cannot be looked at."""


def no_constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which Python would take."""
    raise NotJson(f"not JSON: {name}")


_decoder: Any = json.JSONDecoder(parse_constant=no_constant)


class Members:
    """A place in a text of JSON. Every method raises NotJson where it finds that it is none.

    lost  an array or object that was to be skipped is so long that its end was not looked for: there is no more to read
    """

    def __init__(self, text: str) -> None:
        self.lost = False
        self._text = text
        self._at = 0
        self._skip_blanks()

    def opens(self) -> bool:
        """Whether an object begins here."""
        return self._here() == "{"

    def names(self) -> Iterator[str]:
        """The names of the object that begins here; whoever takes one reads its value before he takes the next."""
        self._at += 1
        self._skip_blanks()
        if self._here() == "}":
            self._at += 1
            return
        while True:
            if self._here() != '"':
                self._fail("Expecting property name enclosed in double quotes")
            name = self._string()
            self._skip_blanks()
            self._expect(":")
            self._skip_blanks()
            yield name
            if self.lost:
                return
            self._skip_blanks()
            if self._here() == "}":
                self._at += 1
                return
            self._expect(",")
            self._skip_blanks()

    def integer(self) -> int | None:
        """The integer that stands here; of another value, which is skipped, None."""
        number = _NUMBER.match(self._text, self._at)
        if number is None:
            self.skip()
            return None
        self._at = number.end()
        digits, fraction, exponent = number.groups()
        if fraction or exponent:
            return None
        # int() refuses more than 4,300 digits; anything this long is out of every range of ours
        return int(digits) if len(digits) <= MAX_DIGITS else 10**MAX_DIGITS

    def skip(self) -> None:
        """Go on behind the value that stands here."""
        here = self._here()
        if here == '"':
            self._string()
        elif here and here in "[{":
            self._skip_nested()
        else:
            value = _NUMBER.match(self._text, self._at) or _LITERAL.match(self._text, self._at)
            if value is None:
                if constant := _CONSTANT.match(self._text, self._at):
                    no_constant(constant[0])
                self._fail("Expecting value")
            self._at = value.end()

    def end(self) -> None:
        """Demand that nothing stands here any more."""
        self._skip_blanks()
        if self._at != len(self._text) and not self.lost:
            self._fail("Extra data")

    def _skip_nested(self) -> None:
        near = self._text[self._at : self._at + MAX_SKIPPED]
        try:
            self._at += _decoder.raw_decode(near)[1]
        except RecursionError:
            raise NotJson(TOO_DEEP) from None
        except JSONDecodeError as error:
            self.lost = len(near) == MAX_SKIPPED
            if not self.lost:
                self._at += error.pos
                self._fail(error.msg)
            if sum(map(near.count, "[{")) - sum(map(near.count, "]}")) > MAX_DEPTH:
                raise NotJson(TOO_DEEP) from None

    def _string(self) -> str:
        try:
            text, self._at = _text(self._text, self._at + 1, True)
        except JSONDecodeError as error:
            raise not_json(error) from None
        return str(text)

    def _here(self) -> str:
        return self._text[self._at : self._at + 1]

    def _expect(self, mark: str) -> None:
        if self._here() != mark:
            self._fail(f"Expecting '{mark}' delimiter")
        self._at += 1

    def _skip_blanks(self) -> None:
        blank = _BLANK.match(self._text, self._at)
        assert blank is not None, "it matches nothing, too"
        self._at = blank.end()

    def _fail(self, why: str) -> NoReturn:
        raise not_json(JSONDecodeError(why, self._text, self._at))


def not_json(error: JSONDecodeError) -> NotJson:
    """The same in our words."""
    return NotJson(f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})")

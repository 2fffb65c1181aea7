"""JSON at its edges: values that must be taken, values that must be refused, and those that RFC 8259 leaves to us.

Each stands here once, as a value; the tests put it where a page, a count or an unknown member stands. What is bad as a
whole body is in bad_bodies.py.
"""

from typing import NamedTuple


class Text(NamedTuple):
    """A text as JSON writes it, and what it means."""

    name: str
    json: bytes
    meaning: str


class Value(NamedTuple):
    """A JSON value, or what looks like one."""

    name: str
    json: bytes


# JSON, and pages
TEXTS = [
    Text("every short escape that a page may hold", rb'"\"\\\/"', '"\\/'),
    Text("a slash with and without a backslash", rb'"a\/b/c"', "a/b/c"),
    Text("digits of an escape in both cases", rb'"\u00eA\u00EA"', "\u00ea\u00ea"),
    Text("a letter that needs no escape", rb'"\u0061\u002d"', "a-"),
    Text("an escaped backslash before a u", rb'"\\u0061"', "\\u0061"),
    Text("two escaped backslashes before a quote", rb'"\\\\\""', '\\\\"'),
    Text("a pair of surrogates", rb'"\uD83D\uDE00"', "\U0001f600"),
    Text("the first pair of surrogates", rb'"\ud800\udc00"', "\U00010000"),
    Text("the last pair of surrogates", rb'"\udbff\udfff"', "\U0010ffff"),
    Text("two pairs of surrogates", rb'"\ud801\udc37\ud834\udd1e"', "\U00010437\U0001d11e"),
    Text("a character of 4 bytes", b'"\xf0\x9d\x84\x9e"', "\U0001d11e"),
    Text("the last code point", b'"\xf4\x8f\xbf\xbf"', "\U0010ffff"),
    Text("noncharacters", b'"\xef\xbf\xbe\xef\xbf\xbf\xef\xb7\x90"', "\ufffe\uffff\ufdd0"),
    Text("noncharacters as escapes", rb'"\uFFFE\uFFFF\uFDD0"', "\ufffe\uffff\ufdd0"),
    Text("U+2028 and U+2029", b'"\xe2\x80\xa8\xe2\x80\xa9"', "\u2028\u2029"),
    Text("U+2028 and U+2029 as escapes", rb'"\u2028\u2029"', "\u2028\u2029"),
    Text("a space that is none", rb'"\u00A0\u3000\u200b\u2060"', "\u00a0\u3000\u200b\u2060"),
    Text("a BOM within", b'"a\xef\xbb\xbf"', "a\ufeff"),
    Text("U+FFFD", b'"\xef\xbf\xbd"', "\ufffd"),
    Text("a soft hyphen and a combining mark", rb'"\u00ad\u0301"', "\u00ad\u0301"),
    Text("marks that turn the direction", rb'"\u202e\u2066x\u2069\u202c"', "\u202e\u2066x\u2069\u202c"),
    Text("what would be JSON", rb'"{\"a\": [1, null]}"', '{"a": [1, null]}'),
    Text("what would be a comment", b'"/*<!----> # //*/"', "/*<!----> # //*/"),
    Text("what would be a number", b'"1e400"', "1e400"),
    Text("a private character", rb'"\uE000"', "\ue000"),
    Text("a character without a meaning yet", rb'"\u0378"', "\u0378"),
]

# JSON, but no pages: a control character, or half of a surrogate pair
TEXTS_NO_PAGES = [
    Text("all that has a short escape", rb'"\b\f\n\r\t"', "\b\f\n\r\t"),
    Text("NUL", rb'"\u0000"', "\0"),
    Text("U+001F", rb'"a\u001Fb"', "a\x1fb"),
    Text("an escape of a terminal", rb'"\u001b[31m"', "\x1b[31m"),
    Text("U+0080 to U+009F", rb'"\u0080\u009f"', "\x80\x9f"),
    Text("a raw U+007F", b'"\x7f"', "\x7f"),
    Text("a lone high surrogate", rb'"\uDADA"', "\udada"),
    Text("a lone low surrogate", rb'"\uDFAA"', "\udfaa"),
    Text("a high surrogate before another character", rb'"\uD888\u1234"', "\ud888\u1234"),
    Text("two high surrogates and an escape", rb'"\uD800\uD800\n"', "\ud800\ud800\n"),
    Text("a high surrogate before digits", rb'"\uDd1ea"', "\udd1ea"),
    Text("surrogates the wrong way round", rb'"\uDd1e\uD834"', "\udd1e\ud834"),
]

# Not JSON, although it begins like a text
BAD_TEXTS = [
    Value("no quote at the end", b'"a'),
    Value("no quote at the start", b'a"'),
    Value("no quotes", b"a"),
    Value("a lone quote", b'"'),
    Value("single quotes", b"'a'"),
    Value("typographic quotes", "\u201ca\u201d".encode()),
    Value("backticks", b"`a`"),
    Value("an escaped quote at the end", rb'"a\"'),
    Value("an escape outside of quotes", rb"\u0022a\u0022"),
    Value("an escaped single quote", rb'"\'"'),
    Value("an escaped digit", rb'"\0"'),
    Value("an octal escape", rb'"\101"'),
    Value("\\v", rb'"\v"'),
    Value("\\a", rb'"\a"'),
    Value("\\U", rb'"\U0001f600"'),
    Value("an escape in braces", rb'"\u{61}"'),
    Value("an escaped space", rb'"\ "'),
    Value("an escaped line end", b'"\\\n"'),
    Value("an escaped emoji", b'"\\\xf0\x9f\x98\x80"'),
    Value("\\u without digits", rb'"\u"'),
    Value("\\u with one digit", rb'"\u1"'),
    Value("\\u with three digits", rb'"\u12A"'),
    Value("\\u with a letter", rb'"\u00G0"'),
    Value("\\u with a space", rb'"\u 041"'),
    Value("\\u with a minus", rb'"\u-041"'),
    Value("\\u with an underscore", rb'"\u0_41"'),
    Value("\\u with digits of another script", '"\\u\u0660\u0660\u0664\u0661"'.encode()),
    Value("half of a second escape", rb'"\uD834\uDd"'),
    Value("a second escape without digits", rb'"\uD834\u"'),
    Value("a backslash at the end", b'"\\'),
    Value("a raw NUL", b'"\0"'),
    Value("a raw U+001F", b'"\x1f"'),
    Value("a raw backspace", b'"\x08"'),
    Value("a raw carriage return", b'"a\r\nb"'),
    Value("a byte that begins nothing", b'"\xff"'),
    Value("0xFE", b'"\xfe\xfe"'),
    Value("a lone continuation byte", b'"\x81"'),
    Value("two bytes for a slash", b'"\xc0\xaf"'),
    Value("two bytes for NUL", b'"\xc0\x80"'),
    Value("three bytes for a slash", b'"\xe0\x80\xaf"'),
    Value("six bytes for a letter", b'"\xfc\x83\xbf\xbf\xbf\xbf"'),
    Value("two of three bytes", b'"\xe0\xff"'),
    Value("three of four bytes", b'"\xf0\x9f\x98"'),
    Value("U+D800 in UTF-8", b'"\xed\xa0\x80"'),
    Value("five bytes past the last code point", b'"\xf8\x88\x80\x80\x80"'),
]

# JSON; a count is a whole number from 0 to 2,147,483,647 without point or exponent
NUMBERS = [
    Value(digits, digits.encode())
    for digits in (
        *("-0", "0", "0.0", "-0.0", "0e0", "0e+1", "0E-1", "1E22", "1e-2", "1E+2", "20e1", "1.5", "123.456e78"),
        *("123.456789",),
        *("-1", "-123", "-1.5e-3", "0.1e1", "100000000000000000000", "-123123123123123123123123123123"),
        *("1e400", "-1e+9999", "1.5e+9999", "0.4e0066999999999999", "123e-10000000", "1e-400", "123123e100000"),
        "0." + "0" * 400 + "1",
        "1" * 4301,
        "1." + "1" * 5000,
    )
]  # fmt: skip

# Not JSON, although it looks like a number
BAD_NUMBERS = [
    Value(digits, digits.encode())
    for digits in (
        *("+1", "++1", "+Inf", "--1", "- 1", "-", "-.", ".", ".-1", ".2e-3", "-.5", "-1.0.", "-2.", "2.e3", "2.e+3"),
        *("2.e-3",),
        *("0.3e", "0.3e+", "0.e1", "0E", "0E+", "0e+-1", "1eE2", "1.0e", "1.0e-", "1.0e+", "1e1.5", "1+2", "1 000"),
        *("1_000", "1,000.5"),
        *("012", "-012", "00", "-00", "0x1", "0x", "0b1", "0o7", "1h", "-1x", "1.8011670033376514H-308", "1f", "1n"),
        *("1L",),
        *("Inf", "-Inf", "Infinity", "-Infinity", "+Infinity", "NaN", "-NaN", "nan", "Infinit", "\u0661", "\uff11"),
        *("\u221e", "\u00bd"),
        *("123\u0000", "1\u00a02", "1e\u00b2"),
    )
]  # fmt: skip

# JSON of every kind, for an unknown member
VALUES = [
    *(Value(word.decode(), word) for word in (b"null", b"true", b"false", b"[]", b"{}", b'""')),
    Value("blanks of every kind", b" \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n"),
    Value("null among others", b'[1, null, null, null, "2", false, {"a": []}]'),
    Value("arrays in arrays", b"[[], [[]], [[[]]]]"),
    Value("objects in objects", b'{"a": {"a": {"a": {}}}}'),
    Value("an empty name", b'{"": 0}'),
    Value("a name that is a surrogate", rb'{"\uDFAA": 0}'),
    Value("a name with NUL", rb'{"foo\u0000bar": 42}'),
    Value("names that other languages know", b'{"__proto__": 1, "constructor": {}, "toString": []}'),
    Value("a long name", b'{"%b": 1}' % (b"x" * 5000)),
    Value("names alike but for their case and form", '{"a": 1, "A": 2, "\u00e9": 3, "e\u0301": 4}'.encode()),
    Value("900 members", b"{" + b",".join(b'"%d": %d' % (number, number) for number in range(900)) + b"}"),
]  # fmt: skip

# Not JSON, although it looks like a literal, an array or an object
BAD_VALUES = [
    *(
        Value(word, word.encode())
        for word in (
            *("nul", "nulll", "Null", "NULL", "None", "tru", "True", "TRUE", "fals", "undefined", "nil", "yes"),
            *("\u00e9", "<null>", "[null", "*", "$", "&", "@", "?", "#", "~"),
        )
    ),
    Value("nothing", b""),
    Value("an open array", b"["),
    Value("an open array with a value", b"[1"),
    Value("an open array with a comma", b"[1,"),
    Value("an array closed twice", b"[1]]"),
    Value("an array closed as an object", b"[1}"),
    Value("an object closed as an array", b'{"a": 1]'),
    Value("an array with colons", b'["a": 1]'),
    Value("an array with semicolons", b"[1; 2]"),
    Value("an array with a gap", b"[1,,2]"),
    Value("an array with a comma first", b"[,1]"),
    Value("an array with a comma last", b"[1,]"),
    Value("an array with a comma alone", b"[,]"),
    Value("an array without a comma", b"[1 true]"),
    Value("an array with a comment", b"[1, /* two */ 2]"),
    Value("an array with a form feed", b"[\x0c]"),
    Value("an array with a vertical tab", b"[\x0b1]"),
    Value("an array with U+00A0", "[\u00a0]".encode()),
    Value("an array with U+2060", "[\u2060]".encode()),
    Value("an array with a BOM", "[\ufeff1]".encode()),
    Value("an array with an escape", b"[\\n]"),
    Value("two values", b"1 2"),
    Value("two arrays", b"[][]"),
    Value("an array before a text", b'[] "a"'),
    Value("an object without a value", b'{"a":}'),
    Value("an object without a colon", b'{"a" 1}'),
    Value("an object with a name alone", b'{"a"}'),
    Value("an object with two colons", b'{"a":: 1}'),
    Value("an object with a comma for a colon", b'{"a", 1}'),
    Value("an object with a comma last", b'{"a": 1,}'),
    Value("an object with commas last", b'{"a": 1,,,,}'),
    Value("an object with a comma first", b'{,"a": 1}'),
    Value("an object with a gap", b'{"a": 1,,"b": 2}'),
    Value("an object without a comma", b'{"a": 1 "b": 2}'),
    Value("an object with two values", b'{"a": 1 2}'),
    Value("an object with a value alone", b"{1}"),
    Value("an object with a bare name", b"{a: 1}"),
    Value("an object with a name in single quotes", b"{'a': 1}"),
    Value("an object with null for a name", b"{null: 1}"),
    Value("an object with an object for a name", b"{{}: 1}"),
    Value("an object with an array for a name", b"{[]: 1}"),
    Value("an object with an equals sign", b'{"a" = 1}'),
    Value("an object closed twice", b'{"a": 1}}'),
    Value("an open object", b'{"a": 1'),
    Value("an open object in an array", b'[{"a": 1, '),
    Value("an object before a comment", b'{"a": 1}/**/'),
    Value("an object before a line comment", b'{"a": 1}//'),
    Value("an object before a hash comment", b'{"a": 1} # one'),
    Value("an open comment", b'{"a": 1}/*'),
    Value("a comment before an object", b'/* one */ {"a": 1}'),
    Value("a function", b"parseInt(1)"),
    Value("a date", b"2025-07-16"),
]  # fmt: skip

# Blanks that may stand around a body, and what looks like a blank
BLANKS = [b" ", b"\t", b"\n", b"\r", b"\r\n \t" * 50]
NO_BLANKS = [
    *(b"\x0b", b"\x0c", b"\x00", b"\x1a", b"\xc2\xa0", b"\xe2\x80\x83", b"\xe2\x81\xa0", b"\xef\xbb\xbf"),
    *(b"\xc2\x85", b"\\n", b";", b","),
]  # fmt: skip

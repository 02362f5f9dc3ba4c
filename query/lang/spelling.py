r"""How texts are spelled in a query: quotes, escapes and wildcards, both ways.

Three spellings exist. *Quoted* text stands in `"` or backquotes and knows the escapes of `_ESCAPES`. *Bare* text is
what a search takes without quotes: `\` makes the next character plain, and `*` and `?` are wildcards. A *regular
expression* is raw: `\"` is a quote, everything else stays as written.

`encode_…` gives the spelling that `decode_…` reads back as the same text.
"""

from __future__ import annotations

import re

from logstore.errors import Span
from query.lang.fault import Fault
from query.lang.nodes import Pattern, Value, Wild

OPERATORS = frozenset({"AND", "OR", "NOT", "and", "or", "not"})
"""Words that a search does not take without quotes; the small ones because it cannot tell what they are."""

KEYWORDS = frozenset({"and", "or", "not", "AND", "OR", "NOT", "in", "like", "between", "is", "null", "true", "false"})
"""Words that have a meaning of their own inside expressions."""

_STAGE_WORDS = frozenset({"by", "as", "keep", "newest"})

_ESCAPES = {'"': '"', "`": "`", "\\": "\\", "n": "\n", "r": "\r", "t": "\t"}
_QUOTED_PIECE = re.compile(r"\\(?:u(?P<code>[0-9A-Fa-f]{4})|(?P<char>.))", re.DOTALL)
_REGEX_PIECE = re.compile(r"\\(.)", re.DOTALL)
_BARE_PIECE = re.compile(r"\\(?P<plain>.)|(?P<wild>[*?])|(?P<text>[^\\*?]+)", re.DOTALL)

# The same characters as in grammar.lark: what bare text, a field before a colon, a name and a time consist of.
_NOT_PLAIN = '\\s"()|,:`\\\\\x00-\x1f\x7f\u200b\u2060\ufeff\u201c-\u201f'
_BARE_SPECIAL = re.compile(rf"(?!:(?=//))[{_NOT_PLAIN}*?]|(?<=\.)\.")
_TERM_START = tuple("'!~-")
_VALUE_START = tuple("<>=!~'")
_PLAIN_FIELD = re.compile(rf"(?!['!~-])[^{_NOT_PLAIN}*?]+")
_PLAIN_NAME = re.compile("(?![0-9.])(?:[0-9A-Za-z_.]|[^\\s\x00-\x7f\u200b\u2060\ufeff\u2018-\u201f])+")
_PLAIN_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_NOT_PRINTED = re.compile("[\x00-\x1f\x7f-\xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]")
_SHORT = {'"': '\\"', "`": "\\`", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def decode_quoted(source: str, start: int) -> str:
    """The text of a quoted source, quotes included, that stands at `start` of the query."""

    def plain(match: re.Match[str]) -> str:
        if match["code"] is not None:
            return chr(int(match["code"], 16))
        char = match["char"]
        if char not in _ESCAPES:
            begin = start + 1 + match.start()
            raise Fault(
                f"\\{char} is no escape", Span(begin, begin + 2), f"write \\\\{char} for a backslash and {char}"
            )
        return _ESCAPES[char]

    return _joined(_QUOTED_PIECE.sub(plain, source[1:-1]), Span(start, start + len(source)))


def _joined(text: str, span: Span) -> str:
    r"""`text` with `\ud83d\ude00` as the one character that JSON means by it; a lone surrogate is no character."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise Fault("half of a surrogate pair is no character", span) from None


def encode_quoted(text: str, quote: str = '"') -> str:
    """`text` between quotes, with everything escaped that a reader could not see."""
    escaped = re.sub(rf"[\\{quote}\n\r\t]", lambda match: _SHORT[match[0]], text)
    return quote + _NOT_PRINTED.sub(lambda match: f"\\u{ord(match[0]):04x}", escaped) + quote


def decode_regex(source: str) -> str:
    """The regular expression of a quoted source, quotes included."""
    return _REGEX_PIECE.sub(lambda match: '"' if match[1] == '"' else match[0], source[1:-1])


def encode_regex(pattern: str) -> str:
    """A regular expression between quotes."""
    escaped = re.sub(r'\\.|"', lambda match: '\\"' if match[0] == '"' else match[0], pattern, flags=re.DOTALL)
    return f'"{escaped}"'


def decode_bare(source: str) -> tuple[str | Wild, ...]:
    """Literal texts and wildcards of a bare source, as in `Pattern.pieces`."""
    pieces: list[str | Wild] = []
    for match in _BARE_PIECE.finditer(source):
        if match["wild"] is not None:
            wild = Wild(match["wild"])
            if not (wild is Wild.ANY and pieces[-1:] == [Wild.ANY]):
                pieces.append(wild)
            continue
        text = match["text"] if match["plain"] is None else match["plain"]
        if pieces and isinstance(pieces[-1], str):
            pieces[-1] += text
        else:
            pieces.append(text)
    return tuple(pieces)


def encode_term(text: str) -> str:
    """The start of a bare search term, each character escaped that would end it or mean something."""
    return _encode_start(text, _TERM_START)


def encode_inside(text: str) -> str:
    """Bare text that does not stand at the start."""
    return _BARE_SPECIAL.sub(lambda match: f"\\{match[0]}", text)


def _encode_start(text: str, special: tuple[str, ...]) -> str:
    return f"\\{encode_inside(text)}" if text[:1] in special else encode_inside(text)


def encode_value(value: Value) -> str:
    """The value of a field test."""
    if value.quoted:
        return encode_quoted(value.text)
    return value.text if _PLAIN_TIME.fullmatch(value.text) else _encode_start(value.text, _VALUE_START)


def encode_range_start(value: Value) -> str:
    """The value before `..`: a dot at its end must not be taken for one of those."""
    spelled = encode_value(value)
    return f"{spelled[:-1]}\\." if spelled[-1] == "." and spelled[-2:] != "\\." else spelled


def encode_pattern(pattern: Pattern) -> str:
    """A value with wildcards."""
    first, *rest = pattern.pieces
    start = first.value if isinstance(first, Wild) else _encode_start(first, _VALUE_START)
    return start + "".join(piece.value if isinstance(piece, Wild) else encode_inside(piece) for piece in rest)


def encode_time(text: str) -> str:
    """A time literal: bare, or quoted if it holds a space."""
    return encode_quoted(text) if " " in text else text


def encode_field(name: str) -> str:
    """The name of a field in a search, before the colon."""
    return name if _PLAIN_FIELD.fullmatch(name) else encode_quoted(name, "`")


def encode_name(name: str) -> str:
    """The name of a field in a stage or expression."""
    plain = _PLAIN_NAME.fullmatch(name) and name not in KEYWORDS and name not in _STAGE_WORDS
    return name if plain else encode_quoted(name, "`")


def encode_prefix(prefix: str) -> str:
    """A start of field names, with its star."""
    return f"{prefix if not prefix or _PLAIN_NAME.fullmatch(prefix) else encode_quoted(prefix, '`')}*"

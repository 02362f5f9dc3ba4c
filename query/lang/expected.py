"""What the parser would have taken at a place, in words that users know."""

from __future__ import annotations

from collections.abc import Collection, Sequence

# A set of terminals that has one name together. It is meant if its first member would be taken.
_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a search term", ("BARE", "PHRASE", "REGEX", "FIELD", "QUOTED_FIELD", "MINUS", "NOT_TERM", "LPAR", "_AND", "_OR")),
    (
        "a stage",
        (
            "WHERE",
            "LET",
            "PARSE",
            "JSON",
            "LOGFMT",
            "FIELDS",
            "DROP",
            "RENAME",
            "STATS",
            "COUNT",
            "TOP",
            "RARE",
            "SORT",
            "LIMIT",
            "DEDUP",
            "SAMPLE",
            "FACETS",
            "SESSIONS",
            "UNION",
            "JOIN",
            "PATTERNS",
            "COMPARE",
            "CONTEXT",
        ),
    ),
    ("a value", ("VALUE", "QUOTED_VALUE", "ORDER", "REGEX", "LPAR", "_IN_OPEN")),
    ("a value", ("CHOICE", "STRING")),
    (
        "an expression",
        ("NUMBER", "STRING", "TRUE", "FALSE", "NULL", "NAME", "QUOTED_NAME", "LPAR", "NOT", "DASH"),
    ),
    (
        "an operator",
        (
            *("PLUS", "DASH", "STAR", "SLASH", "PERCENT", "COMPARATOR", "MATCH", "NOT", "LPAR"),
            *("__ANON_0", "_AND_ALSO", "_OR_ELSE", "_IN", "_LIKE", "_BETWEEN", "_IS"),
        ),
    ),
    ("a field", ("NAME", "QUOTED_NAME", "PREFIX", "QUOTED_PREFIX", "DASH")),
)

_SINGLE = {
    "INTEGER": "a whole number",
    "STRING": "a text in double quotes",
    "NULL": "null",
    "KEEP": "keep newest",
    "NEWEST": "newest",
    "NOT": "not",
    "_EQUALS": "=",
    "_IN": "in",
    "_AND_ALSO": "and",
    "_AS": "as",
    "_BY": "by",
    "_FROM": "from",
    "TILDE": "~",
    "_GAP": "gap",
    "_ON": "on",
    "LEFT": "left",
    "_RANGE": "..",
    "LPAR": "(",
    "RPAR": ")",
    "COMMA": "a comma",
    "_PIPE": "|",
    "$END": "the end",
}


def in_words(terminals: Collection[str]) -> str:
    """`a stage`, or `an operator, by or |`."""
    left, words = set(terminals), []
    if "NAME" in left and "QUOTED_NAME" not in left:
        # Only the name of a call cannot be quoted.
        left.remove("NAME")
        words.append("an aggregate such as count()")
    for word, group in _GROUPS:
        if group[0] in left:
            words.append(word)
            left.difference_update(group)
    return either(words + [word for name, word in _SINGLE.items() if name in left])


def either(words: Sequence[str]) -> str:
    """`a, b or c`."""
    return " or ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)

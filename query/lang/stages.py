"""The names of the stages, as grammar.lark has them, with the line on each that help and documentation show."""

from __future__ import annotations

STAGES: dict[str, str] = {
    "where": "keeps the rows for which a condition holds",
    "let": "adds or replaces fields",
    "fields": "keeps these columns, in this order",
    "drop": "removes columns",
    "rename": "renames columns",
    "stats": "aggregates, in groups",
    "count": "counts rows, in groups",
    "top": "the most frequent values, with count and share",
    "rare": "the least frequent values, with count and share",
    "sort": "orders the rows",
    "limit": "keeps the first rows",
    "dedup": "keeps one row per value",
    "union": "adds the rows of another query",
    "join": "adds the columns of another query where values are equal",
    "compare": "puts groups beside those of an earlier time",
    "context": "adds the lines around each row",
}

KNOWN_ELSEWHERE: dict[str, str] = {
    "filter": "where",
    "search": "where",
    "eval": "let",
    "extend": "let",
    "project": "fields",
    "select": "fields",
    "table": "fields",
    "keep": "fields",
    "columns": "fields",
    "remove": "drop",
    "delete": "drop",
    "summarize": "stats",
    "aggregate": "stats",
    "group": "stats",
    "order": "sort",
    "head": "limit",
    "take": "limit",
    "tail": "limit",
    "uniq": "dedup",
    "distinct": "dedup",
    "append": "union",
    "timewrap": "compare",
    "stream_context": "context",
    "around": "context",
    "lookup": "join",
    "merge": "join",
    "multisearch": "union",
}
"""Names that other languages have for stages."""

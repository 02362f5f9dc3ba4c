"""The names of the stages, as grammar.lark has them, with the line on each that help and documentation show."""

from __future__ import annotations

STAGES: dict[str, str] = {
    "where": "keeps the rows for which a condition holds",
    "let": "adds or replaces fields",
    "parse": "takes fields out of text by a pattern or a regular expression",
    "fields": "keeps these columns, in this order",
    "drop": "removes columns",
    "rename": "renames columns",
    "stats": "aggregates, in groups",
    "count": "counts rows, in groups",
    "top": "the most frequent values, with count and share",
    "rare": "the least frequent values, with count and share",
    "sessions": "groups the rows of each value where they lie close in time",
    "sort": "orders the rows",
    "limit": "keeps the first rows",
    "sample": "draws rows",
    "dedup": "keeps one row per value",
}

KNOWN_ELSEWHERE: dict[str, str] = {
    "filter": "where",
    "search": "where",
    "eval": "let",
    "extend": "let",
    "extract": "parse",
    "pattern": "parse",
    "regexp": "parse",
    "rex": "parse",
    "grok": "parse",
    "dissect": "parse",
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
    "random": "sample",
    "transaction": "sessions",
    "uniq": "dedup",
    "distinct": "dedup",
}
"""Names that other languages have for stages."""

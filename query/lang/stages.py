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
    "patterns": "the templates of log lines, with count, share and an example",
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
    "cluster": "patterns",
    "collapse_nums": "patterns",
    "reduce": "patterns",
}
"""Names that other languages have for stages."""

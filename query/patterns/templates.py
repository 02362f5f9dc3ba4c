"""From clusters to templates that people read: those that are one are joined, and each gets its text and a search."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import reduce

from query.lang import nodes
from query.lang.unparse import unparse_search
from query.patterns.masks import MASKS, REST, WILD
from query.patterns.mined import Cluster
from query.patterns.tokens import is_word, merge

_FIRST_PLACES = 6
"""The first tokens of a line may lead to different groups of templates; after these the miner compares them itself."""

_MANY = 5
"""Templates that differ in one of the first tokens only are one, if there are so many: then it is a name. Fewer are
told apart: `session opened` and `session closed`."""

_REST, _WILD = bytes((REST,)), bytes((WILD,))
_Tokens = tuple[bytes, ...]


def joined(clusters: Iterable[Cluster]) -> list[Cluster]:
    """No two with the same tokens, those that differ in a name joined; by falling count, then by their tokens."""
    found = _by_count(_united(clusters))
    for place in range(_FIRST_PLACES):
        found = _by_count(_united(_without_names(found, place)))
    return found


def _by_count(clusters: Iterable[Cluster]) -> list[Cluster]:
    return sorted(clusters, key=lambda cluster: (-cluster.count, cluster.tokens))


def _united(clusters: Iterable[Cluster]) -> list[Cluster]:
    """Those with the same tokens as one."""
    found: dict[_Tokens, Cluster] = {}
    for cluster in clusters:
        known = found.get(cluster.tokens)
        found[cluster.tokens] = cluster if known is None else _both(known, cluster)
    return list(found.values())


def _both(one: Cluster, other: Cluster) -> Cluster:
    newest = min(one, other, key=lambda cluster: (-cluster.last, cluster.example))
    return Cluster(
        one.tokens, one.count + other.count, min(one.first, other.first), max(one.last, other.last), newest.example
    )


def _without_names(clusters: Sequence[Cluster], place: int) -> list[Cluster]:
    """Those that differ in the token at one place only with the same tokens, where there are many of them."""
    families: dict[tuple[_Tokens, _Tokens], list[Cluster]] = {}
    renamed = [cluster for cluster in clusters if len(cluster.tokens) <= place]
    for cluster in clusters:
        if len(cluster.tokens) > place:
            families.setdefault((cluster.tokens[:place], cluster.tokens[place + 1 :]), []).append(cluster)
    for (before, after), members in families.items():
        tokens = [cluster.tokens[place] for cluster in members]
        if len(tokens) >= _MANY and any(map(is_word, (*before, *after))) and _REST not in tokens:
            general = (*before, reduce(merge, tokens), *after)
            renamed += (Cluster(general, each.count, each.first, each.last, each.example) for each in members)
        else:
            renamed += members
    return renamed


def text_of(tokens: _Tokens) -> str:
    """A template for people: `took <duration> for <*>`."""
    text = b" ".join(tokens)
    for wildcard, mask in MASKS.items():
        text = text.replace(bytes((wildcard,)), f"<{mask.name}>".encode())
    return text.decode()


def search_for(tokens: _Tokens, field: str | None) -> str:
    """A search that finds all lines of a template, in `message` (None) or in another field."""
    regex = nodes.Regex(_regex(tokens))
    term = nodes.MessageRegex(regex) if field is None else nodes.FieldRegex(nodes.Field(field), regex)
    return unparse_search(term)


def _regex(tokens: _Tokens) -> str:
    # What follows REST is not looked at.
    is_cut = tokens[-1:] == (_REST,)
    known = tokens[:-1] if is_cut else tokens
    parts = [r"\S+" if token == _WILD else "".join(map(_piece, _PIECE.findall(token))) for token in known]
    return r"^\s*" + r"\s+".join(parts) + (r"\s" if is_cut and parts else "" if is_cut else r"\s*$")


_PIECE = re.compile(rb"[\xf5-\xfe]|[^\xf5-\xfe]+")
_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _piece(piece: bytes) -> str:
    """The regular expression of a wildcard or of plain text."""
    if piece[0] in MASKS:
        return MASKS[piece[0]].regex
    text = _SPECIAL.sub(lambda found: f"\\{found[0]}", piece.decode())
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)

"""From the shape of a record to its fields: the rules of flattening, all of them, and none about values.

* Names of nested maps are joined by dots. Keys are text here (`texts.key_to_text`); of a key twice in a map the last
  value counts, at the place of the first.
* The first key of `DecodeSettings.message_keys` that is at the top level with text (or bytes) becomes `message`.
* `level` comes from the first of `DecodeSettings.level_keys` whose value is a level. The record's own `level` is kept
  as `record.level` where it says more than that; the others stay the fields that they are.
* Any other field whose name is one of ours is kept under `record.`.
* When two keys of one event come to the same name, the first in the order of the event has it, the next gets `~2`
  appended, then `~3`, and so on.
* A null is no value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import NamedTuple

from ingest.decode.changes import DUPLICATE_KEY, NAME_TAKEN, NULL_DROPPED, Changes
from ingest.decode.settings import DecodeSettings
from ingest.decode.shape import NO_MEMBERS, Shape, count_leaves, own_leaves
from ingest.decode.texts import key_to_text
from logstore.model.levels import LevelScale
from logstore.model.schema import LEVEL, MESSAGE, RESERVED_FIELDS

_Found = tuple[int, tuple[str, ...], type]
"""Index, path and type of a leaf."""

_TEXTS = (str, bytes)
_LEVELS = (str, bytes, int)


class Target(NamedTuple):
    """Where a value goes: the leaf at `leaf`, always of this type, is a value of `field`."""

    leaf: int
    field: str
    type: type


class Naming(NamedTuple):
    """The fields of an event, and what was changed to come to them."""

    targets: tuple[Target, ...]
    changes: Changes


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What becomes of the leaves of one shape. Two plans are equal only if they are the same object.

    Attributes:
        levels: leaves that may give `level`, the first to be asked first.
        scale: which numbers mean which level.
        own_level: the leaf of the record's own `level`, if that is text.
        with_own_level: for events whose own level is kept, or that have none.
        without_own_level: for events whose own level says no more than `level` does.
    """

    levels: tuple[int, ...]
    scale: LevelScale
    own_level: int | None
    with_own_level: Naming
    without_own_level: Naming


class _Leaf(NamedTuple):
    place: int
    path: tuple[str, ...]
    type: type
    in_record: bool

    @property
    def name(self) -> str:
        return ".".join(self.path)


def make_plan(shapes: Sequence[tuple[str, Shape]], settings: DecodeSettings) -> Plan:
    """The plan for an event whose sources have these prefixes and shapes, the record (without prefix) first.

    The leaves are those that `read_shape` gives for one source after the other.
    """
    changes: Changes = Counter()
    leaves = _all_leaves(shapes, changes)
    present = [leaf for leaf in leaves if leaf.type is not NoneType]
    changes[NULL_DROPPED] += len(leaves) - len(present)
    message = _message_leaf(present, settings.message_keys)
    own_level = _own_level(present)
    return Plan(
        levels=tuple(_level_leaves(present, settings.level_keys)),
        scale=settings.level_scale,
        own_level=own_level,
        with_own_level=_name(present, message, changes),
        without_own_level=_name([leaf for leaf in present if leaf.place != own_level], message, changes),
    )


def _all_leaves(shapes: Iterable[tuple[str, Shape]], changes: Changes) -> list[_Leaf]:
    """The leaves that count, in the order of the event."""
    leaves: list[_Leaf] = []
    start = 0
    for number, (prefix, shape) in enumerate(shapes):
        path = (prefix,) if prefix else ()
        leaves += [_Leaf(*found, number == 0) for found in _leaves(shape, path, start, changes)]
        start += count_leaves(shape)
    return leaves


def _leaves(shape: Shape, path: tuple[str, ...], start: int, changes: Changes) -> Iterator[_Found]:
    """The leaves of one map at `path`, whose first leaf has the index `start`."""
    keys, types, inner_shapes = shape
    inner = iter(inner_shapes)
    own, below_own = start, start + own_leaves(shape)
    members: dict[str, tuple[int, type, Shape]] = {}
    for key, kind in zip(keys, types, strict=True):
        below = next(inner) if kind is tuple else NO_MEMBERS
        name = key_to_text(key, changes)
        if below == NO_MEMBERS:
            members[name] = own, kind, below
            own += 1
        else:
            members[name] = below_own, kind, below
            below_own += count_leaves(below)
    changes[DUPLICATE_KEY] += len(keys) - len(members)
    for name, (index, kind, below) in members.items():
        if below == NO_MEMBERS:
            yield index, (*path, name), kind
        else:
            yield from _leaves(below, (*path, name), index, changes)


def _message_leaf(leaves: Iterable[_Leaf], keys: Iterable[str]) -> int | None:
    texts = {leaf.path: leaf.place for leaf in leaves if leaf.in_record and leaf.type in _TEXTS}
    return next((texts[key,] for key in keys if (key,) in texts), None)


def _level_leaves(leaves: Sequence[_Leaf], keys: Iterable[str]) -> list[int]:
    return [leaf.place for key in keys for leaf in leaves if leaf.type in _LEVELS and leaf.name == key]


def _own_level(leaves: Iterable[_Leaf]) -> int | None:
    own = (leaf.place for leaf in leaves if leaf.in_record and leaf.path == (LEVEL,) and leaf.type in _TEXTS)
    return next(own, None)


def _name(leaves: Iterable[_Leaf], message: int | None, changes: Changes) -> Naming:
    """Gives every leaf its field; `changes` are those of every event of the shape."""
    taken: set[str] = set()
    targets = []
    renamed = 0
    for leaf in leaves:
        if leaf.place == message:
            targets.append(Target(leaf.place, MESSAGE, leaf.type))
            continue
        wanted = f"record.{leaf.name}" if leaf.name in RESERVED_FIELDS else leaf.name
        field = _free_name(wanted, taken)
        renamed += field != wanted
        targets.append(Target(leaf.place, field, leaf.type))
    return Naming(tuple(targets), +(changes + Counter({NAME_TAKEN: renamed})))


def _free_name(wanted: str, taken: set[str]) -> str:
    name, suffix = wanted, 1
    while name in taken:
        suffix += 1
        name = f"{wanted}~{suffix}"
    taken.add(name)
    return name

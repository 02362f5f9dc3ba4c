"""The shape of a record: its keys and the types of its values, all that decides which columns its values go to.

Records of one shape are many, so everything about names is worked out once per shape (`plan`), and only values are
touched per event.
"""

from __future__ import annotations

from typing import Any

from ingest.decode.reasons import TOO_DEEP, RejectedError
from ingest.decode.values import Pairs

Shape = tuple[tuple[Any, ...], tuple[type, ...], tuple[Any, ...]]
"""Keys, types of the values, and the shapes of those values that are maps, all in order. Hashable if the keys are."""

NO_MEMBERS: Shape = ((), (), ())


def read_shape(pairs: Pairs, leaves: list[Any], room: int) -> Shape:
    """The shape of a map. Its leaves are appended to `leaves`: first its own, then each inner map's, in order.

    Leaves are all values but maps with members.

    Raises:
        RejectedError: more than `room` containers within each other.
    """
    if room <= 0:
        raise RejectedError(TOO_DEEP)
    if not pairs:
        return NO_MEMBERS
    keys, values = zip(*pairs)  # noqa: B905 - strictness costs a third of the time, and these are pairs
    types = tuple(map(type, values))
    if list in types:
        for value in values:
            if type(value) is list:
                check_depth(value, room - 1)
    if tuple not in types:
        leaves += values
        return keys, types, ()
    leaves += [value for value in values if type(value) is not tuple or not value]
    return keys, types, tuple([read_shape(value, leaves, room - 1) for value in values if type(value) is tuple])


def count_leaves(shape: Shape) -> int:
    """How many leaves a map of this shape has."""
    return own_leaves(shape) + sum(count_leaves(inner) for inner in shape[2])


def own_leaves(shape: Shape) -> int:
    """How many of them stand in the map itself."""
    return len(shape[0]) - sum(1 for inner in shape[2] if inner != NO_MEMBERS)


def check_depth(value: Any, room: int) -> None:
    """Raises RejectedError if `value` has more than `room` containers within each other, map keys looked at too."""
    if type(value) is tuple:
        value = [item for pair in value for item in pair]
    elif type(value) is not list:
        return
    if room <= 0:
        raise RejectedError(TOO_DEEP)
    for item in value:
        if type(item) is list or type(item) is tuple:
            check_depth(item, room - 1)


def has_text_keys(shape: Shape) -> bool:
    """Whether every key in `shape` is a str."""
    keys, _, inner = shape
    return all(type(key) is str for key in keys) and all(map(has_text_keys, inner))

"""Plans as the compiled kernel wants them: leaves in the order of the bytes, columns by kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ingest.decode.changes import DUPLICATE_KEY, NAME_TAKEN, Changes
from ingest.decode.plan import Naming, make_plan
from ingest.decode.read import read_values
from ingest.decode.reasons import RejectedError
from ingest.decode.settings import DecodeSettings
from ingest.decode.shape import NO_MEMBERS, Shape, has_text_keys, read_shape
from logstore.model.schema import Kind

_KINDS = {str: Kind.TEXT, int: Kind.INT, float: Kind.FLOAT, bool: Kind.BOOL, list: Kind.JSON, tuple: Kind.JSON}


class KernelTarget(NamedTuple):
    """Where a value goes: the column of a field, INT also for integers that turn out to be UINT."""

    leaf: int
    field: str
    kind: Kind


class KernelNaming(NamedTuple):
    """A `plan.Naming` for the kernel."""

    targets: tuple[KernelTarget, ...]
    changes: Changes


@dataclass(frozen=True, slots=True)
class KernelPlan:
    """A `plan.Plan` for the kernel.

    Attributes:
        levels, with_own_level, without_own_level: as there.
        own_level: as there, -1 for none.
        in_any_order: a record with the same keys and types in another order gets the same fields from the same keys.
    """

    levels: tuple[int, ...]
    own_level: int
    with_own_level: KernelNaming
    without_own_level: KernelNaming
    in_any_order: bool


def plan_record(settings: DecodeSettings, data: bytes) -> KernelPlan | None:
    """The plan for records of the shape of the one in `data`; None when the plain decoder must have it."""
    record = next(read_values(data, 0, settings.max_depth), None)
    if type(record) is not tuple:
        return None
    try:
        shape = read_shape(record, [], settings.max_depth)
    except RejectedError:
        return None
    if not has_text_keys(shape):
        return None
    plan = make_plan([("", shape)], settings)
    places = document_places(shape)
    return KernelPlan(
        levels=tuple(places[leaf] for leaf in plan.levels),
        own_level=-1 if plan.own_level is None else places[plan.own_level],
        with_own_level=_naming(plan.with_own_level, places),
        without_own_level=_naming(plan.without_own_level, places),
        # The order decides where two keys come to one name, and nowhere else.
        in_any_order={DUPLICATE_KEY, NAME_TAKEN}.isdisjoint(plan.with_own_level.changes),
    )


def document_places(shape: Shape) -> list[int]:
    """For each leaf of a shape, in the order of `read_shape`, its place in the order of the bytes."""
    return _places(shape, 0)[0]


def _places(shape: Shape, place: int) -> tuple[list[int], int]:
    own: list[int] = []
    below: list[int] = []
    inner = iter(shape[2])
    for kind in shape[1]:
        members = next(inner) if kind is tuple else NO_MEMBERS
        if members == NO_MEMBERS:
            own.append(place)
            place += 1
        else:
            found, place = _places(members, place)
            below += found
    return own + below, place


def _naming(naming: Naming, places: list[int]) -> KernelNaming:
    targets = tuple(KernelTarget(places[leaf], field, _KINDS[kind]) for leaf, field, kind in naming.targets)
    return KernelNaming(targets, naming.changes)

"""The plans worked out so far, under the shapes that they are for."""

from __future__ import annotations

from typing import Any

from ingest.decode.changes import Changes
from ingest.decode.entries import Event, Source
from ingest.decode.plan import Plan, make_plan
from ingest.decode.settings import DecodeSettings
from ingest.decode.shape import Shape, check_depth, has_text_keys, read_shape
from ingest.decode.texts import textual_keys

# Senders of one house have some hundred shapes. Past this, shapes are made up of data (ids as keys), and keeping them
# would only cost memory.
_MOST_PLANS = 4096

_Key = Shape | tuple[Shape, tuple[tuple[str, Shape], ...]]


class Plans:
    """Finds the plan for an event, by one set of settings. Safe to use from several threads."""

    def __init__(self, settings: DecodeSettings) -> None:
        self.settings = settings
        self._plans: dict[_Key, Plan] = {}

    def find(self, event: Event, changes: Changes) -> tuple[Plan, list[Any]]:
        """The plan for `event`, and the leaves that it speaks of.

        Raises:
            RejectedError: nested too deep; nothing is counted in `changes` then.
        """
        leaves: list[Any] = []
        depth = self.settings.max_depth
        shape = read_shape(event.record, leaves, depth)
        others = tuple([(prefix, read_shape(members, leaves, depth)) for prefix, members in event.sources])
        key: _Key = (shape, others) if others else shape
        try:
            plan = self._plans.get(key)
        except TypeError:
            # A map or an array is among the keys.
            return self._find_textual(event, changes)
        if plan is not None:
            return plan, leaves
        # Python takes 1, 1.0 and True for the same key, so shapes with such keys are never kept, nor found.
        if not (has_text_keys(shape) and all(has_text_keys(other) for _, other in others)):
            return self._find_textual(event, changes)
        return self._keep(key, make_plan([("", shape), *others], self.settings)), leaves

    def _find_textual(self, event: Event, changes: Changes) -> tuple[Plan, list[Any]]:
        """As `find`, for an event some of whose keys are not text."""
        for members in (event.record, *(source.members for source in event.sources)):
            check_depth(members, self.settings.max_depth)
        sources = tuple(Source(prefix, textual_keys(members, changes)) for prefix, members in event.sources)
        return self.find(event._replace(record=textual_keys(event.record, changes), sources=sources), changes)

    def _keep(self, key: _Key, plan: Plan) -> Plan:
        if len(self._plans) >= _MOST_PLANS:
            self._plans.clear()
        self._plans[key] = plan
        return plan

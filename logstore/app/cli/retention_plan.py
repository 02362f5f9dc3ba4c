"""What retention would let go of in a data directory, without its server."""

from __future__ import annotations

import time
from pathlib import Path

from logstore.app import environment
from logstore.app.cli.listings import local_books
from logstore.app.cli.local import local_desk
from logstore.app.deletions import Matching, count_matching
from logstore.app.listing import Listing
from logstore.app.questions import Cancellation
from logstore.app.retention import list_plan
from logstore.app.retention_terms import retention_terms
from logstore.config.load import load_settings
from logstore.model.chunk import DEFAULT_TENANT
from logstore.model.timespan import TimeSpan
from logstore.storage.upkeep.retention_plan import plan_retention


def local_plan(path: Path, config: Path | None) -> Listing:
    """The plan for a directory, with the settings of a file and of the environment."""
    terms = retention_terms(load_settings(config, {}, environment.variables()).retention)
    now_ns = time.time_ns()
    with local_books(path) as books, books.snapshot() as snapshot, local_desk(path) as desk:

        def count(search: str, window: TimeSpan) -> Matching:
            return count_matching(desk, search, window, now_ns, Cancellation())

        return list_plan(plan_retention(snapshot, terms, DEFAULT_TENANT, now_ns), count)

"""All operations, and how often each is drawn. A new one is a function and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.operations import basic, erasing, keeping
from tests.operations.world import World


@dataclass(frozen=True)
class Operation:
    """What may happen to a store, and how often in relation to the others.

    `act` changes store and model alike, or compares them. It takes all that is random from the argument, and finds
    something to do in any world, or does nothing.
    """

    act: Callable[[World, Random], None]
    weight: int


OPERATIONS = {
    "ingest": Operation(basic.ingest, 30),
    "resend": Operation(basic.resend, 5),
    "seal": Operation(basic.seal, 7),
    "query": Operation(basic.query, 8),
    "count": Operation(basic.count, 4),
    "newest": Operation(basic.newest, 4),
    "tidy": Operation(basic.tidy, 10),
    "wait": Operation(basic.wait, 6),
    "books": Operation(basic.books, 2),
    "parts_list": Operation(basic.parts_list, 3),
    "delete": Operation(erasing.delete, 4),
    "undelete": Operation(erasing.undelete, 4),
    "statuses": Operation(erasing.statuses, 1),
    "verify": Operation(keeping.verify, 3),
    "move": Operation(keeping.move, 3),
    "restart": Operation(basic.restart, 2),
    "kill": Operation(basic.kill, 3),
    "power_failure": Operation(basic.power_failure, 3),
}

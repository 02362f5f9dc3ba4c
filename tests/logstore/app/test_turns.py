"""Turns that pass by way of the event loop: after what the loop has at hand, and even when it is gone."""

from __future__ import annotations

import asyncio
import threading

from logstore.app.turns import ByLoop


def test_a_turn_begins_in_the_loop_after_what_is_ready() -> None:
    """What the loop has to do already, and one step that follows from it, comes first; then the thread may plan."""
    told: list[str] = []

    async def main() -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def begin() -> None:
            told.append("begun" if threading.current_thread() is threading.main_thread() else "begun elsewhere")
            over.set()

        def write() -> None:
            loop.call_soon(told.append, "written")

        with (passes := ByLoop()).of(loop):
            loop.call_soon(write)
            passes(begin)
            assert told == []
            await over.wait()

    asyncio.run(main())
    assert told == ["written", "begun"]


def test_without_a_loop_a_turn_begins_at_once() -> None:
    """Before there is one, after it, and when it was closed in between."""
    told: list[int] = []
    passes = ByLoop()
    passes(lambda: told.append(1))
    assert told == [1]
    loop = asyncio.new_event_loop()
    with passes.of(loop):
        loop.close()
        passes(lambda: told.append(2))
        assert told == [1, 2]
    passes(lambda: told.append(3))
    assert told == [1, 2, 3]

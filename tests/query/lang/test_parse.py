"""The parser itself: made when it is needed first."""

from __future__ import annotations

import threading

from query.lang import parse as module
from query.lang.parse import parse


def test_the_parser_is_made_once_however_many_ask_first() -> None:
    """A server that has just started may be asked by many at once."""
    module._made.cache_clear()
    several, start = [], threading.Barrier(8)

    def ask() -> None:
        start.wait()
        several.append(parse("level:error | count by method"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert several == [parse("level:error | count by method")] * 8
    assert module._made.cache_info().misses == 1

"""Tests of logstore.app.questions."""

from logstore.app.questions import Cancellation


def test_everybody_who_asked_is_interrupted_once():
    """Interrupts given before are called at the cancellation, those given after it at once."""
    cancellation = Cancellation()
    calls = []
    cancellation.on_cancel(lambda: calls.append("before"))
    assert not cancellation.is_cancelled
    cancellation.cancel()
    cancellation.cancel()
    cancellation.on_cancel(lambda: calls.append("after"))
    assert calls == ["before", "after"]
    assert cancellation.is_cancelled

"""Fixtures of the end-to-end tests."""

import signal

import pytest

from tests.end_to_end.processes import serving


@pytest.fixture(autouse=True, scope="session")
def interrupts_reach_children():
    """Ctrl-C works in the programs that are started, also when the tests run in the background.

    A shell starts background jobs with SIGINT ignored, and a program passes that on to those that it starts.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def server(tmp_path):
    """A server of its own for a test, with nothing in it."""
    with serving(tmp_path / "data") as running:
        yield running


@pytest.fixture
def fresh_server(tmp_path):
    """Likewise, in an interpreter of its own, for tests that look at its memory: a fork shares some with others."""
    with serving(tmp_path / "data", fresh=True) as running:
        yield running

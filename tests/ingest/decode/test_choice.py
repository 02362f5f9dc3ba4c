"""Tests of the choice of a decoder."""

import sys

import pytest

from ingest.decode.choice import Kernel, choose_decoder
from ingest.decode.decoder import PlainDecoder
from logstore.errors import SettingsError


@pytest.fixture
def _no_kernel(monkeypatch):
    """A machine on which the kernel was not built."""
    monkeypatch.setitem(sys.modules, "ingest.decode.kernel", None)
    monkeypatch.delitem(sys.modules, "ingest.decode.compiled", raising=False)


def test_plain_is_plain_wherever():
    """For finding out whether the kernel is to blame."""
    choice = choose_decoder(Kernel.PLAIN)
    assert (choice.kernel, choice.make) == (Kernel.PLAIN, PlainDecoder)
    assert "decode.kernel" in choice.reason


@pytest.mark.usefixtures("_no_kernel")
def test_without_the_kernel_the_plain_one_runs():
    """And says why."""
    choice = choose_decoder()
    assert choice.make is PlainDecoder
    assert "ingest.decode.kernel" in choice.reason


@pytest.mark.usefixtures("_no_kernel")
def test_who_insists_on_the_kernel_is_told():
    """With what to do about it."""
    with pytest.raises(SettingsError, match="cannot be loaded") as caught:
        choose_decoder(Kernel.COMPILED)
    assert "compiler" in caught.value.hint


def test_what_is_there_is_chosen():
    """The compiled one, if it was built."""
    choice = choose_decoder()
    assert choice.kernel in (Kernel.PLAIN, Kernel.COMPILED)
    assert (choice.kernel is Kernel.COMPILED) == (choice.reason == "")
    assert choice.make({}).decode([]).batch.rows == 0

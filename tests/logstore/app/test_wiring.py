"""Tests of logstore.app.wiring."""

import sys

import pytest

from ingest.decode.choice import Kernel
from logstore.app.translate import forward_settings
from logstore.app.wiring import open_house
from logstore.config.load import load_settings
from logstore.errors import SettingsError


def test_two_prefixes_contradict_each_other(tmp_path):
    """The server says so before it touches the directory."""
    settings = load_settings(
        flags={"data": str(tmp_path / "d"), "forward.add_tag_prefix": "a", "forward.tag_prefix": "b"}
    )
    with pytest.raises(SettingsError, match="contradict"), open_house(settings):
        pass
    assert not (tmp_path / "d").exists()


def test_chunks_bear_the_settings_that_the_store_has_kept(tmp_path):
    """The listener stamps the id that is durable; the same settings have the same id in each life of a server."""
    ids = []
    for keys in (("a",), ("b",), ("a",)):
        settings = load_settings(flags={"data": str(tmp_path), "decode.message_keys": ",".join(keys)})
        with open_house(settings) as house:
            ids.append(forward_settings(settings, house.store.decode_settings, ()).decode_settings)
            assert (tmp_path / f"decode-settings/{ids[-1]:014x}.json").exists()
    assert ids[0] == ids[2] != ids[1]


def test_the_plain_decoder_can_be_asked_for_and_says_so(tmp_path, caplog):
    """Whoever wonders why a server is slow finds it in its log."""
    settings = load_settings(flags={"data": str(tmp_path), "decode.kernel": "plain"})
    with caplog.at_level("INFO"), open_house(settings) as house:
        assert house.decoder.kernel is Kernel.PLAIN
    assert "plain Python, some twenty times slower: the setting decode.kernel says so" in caplog.text


def test_a_server_that_needs_the_kernel_does_not_start_without_it(tmp_path, monkeypatch):
    """It says so before it touches the data."""
    monkeypatch.setitem(sys.modules, "ingest.decode.kernel", None)
    monkeypatch.delitem(sys.modules, "ingest.decode.compiled", raising=False)
    settings = load_settings(flags={"data": str(tmp_path / "data"), "decode.kernel": "compiled"})
    with pytest.raises(SettingsError, match="compiled decode kernel cannot be loaded"), open_house(settings):
        pass
    assert not (tmp_path / "data").exists()

"""Tests of logstore.app.wiring."""

import sys

import pytest

from ingest.decode.choice import Kernel
from ingest.decode.settings import DecodeSettings
from ingest.forward.limits import Limits
from logstore.app.wiring import decode_settings, forward_settings, open_house
from logstore.config import MIB, Settings, load_settings
from logstore.errors import SettingsError
from logstore.model.levels import LevelScale


def test_the_defaults_of_configuration_are_those_of_the_decoder():
    """Whoever reads docs/settings.md or the code of the decoder reads the same."""
    assert decode_settings(Settings()) == DecodeSettings()


def test_every_decode_setting_reaches_the_decoder():
    """None is read and forgotten."""
    chosen = {
        "LOGSTORE_DECODE_MESSAGE_KEYS": "a,b",
        "LOGSTORE_DECODE_LEVEL_KEYS": "c",
        "LOGSTORE_DECODE_LEVEL_SCALE": "otlp",
        "LOGSTORE_DECODE_MAX_DEPTH": "7",
        "LOGSTORE_DECODE_MAX_INFLATED_BYTES": str(3 * MIB),
    }
    assert decode_settings(load_settings(environment=chosen)) == DecodeSettings(
        message_keys=("a", "b"),
        level_keys=("c",),
        level_scale=LevelScale.OTLP,
        max_depth=7,
        max_decompressed_bytes=3 * MIB,
    )


@pytest.mark.parametrize("given", [None, str(3 * MIB)])
def test_listener_and_decoder_agree_on_what_a_chunk_may_inflate_to(given):
    """The listener reserves as many sequence numbers as the decoder may need."""
    settings = load_settings(flags={"decode.max_inflated_bytes": given})
    inflated = forward_settings(settings, 1).limits.max_inflated_bytes
    assert inflated == decode_settings(settings).max_decompressed_bytes
    if given is None:
        assert inflated == Limits().max_inflated_bytes


def test_chunks_bear_the_settings_that_the_store_has_kept(tmp_path):
    """The listener stamps the id that is durable; the same settings have the same id in each life of a server."""
    ids = []
    for keys in (("a",), ("b",), ("a",)):
        settings = load_settings(flags={"data": str(tmp_path), "decode.message_keys": ",".join(keys)})
        with open_house(settings) as house:
            ids.append(forward_settings(settings, house.store.decode_settings).decode_settings)
            assert (tmp_path / f"decode-settings/{ids[-1]:014x}.json").exists()
    assert ids[0] == ids[2] != ids[1]


def test_the_plain_decoder_can_be_asked_for_and_says_so(tmp_path, caplog):
    """Whoever wonders why a server is slow finds it in its log."""
    settings = load_settings(flags={"data": str(tmp_path), "decode.kernel": "plain"})
    with caplog.at_level("INFO"), open_house(settings) as house:
        assert house.decoder.kernel is Kernel.PLAIN
    assert "plain Python, some thirty times slower: the setting decode.kernel says so" in caplog.text


def test_a_server_that_needs_the_kernel_does_not_start_without_it(tmp_path, monkeypatch):
    """It says so before it touches the data."""
    monkeypatch.setitem(sys.modules, "ingest.decode.kernel", None)
    monkeypatch.delitem(sys.modules, "ingest.decode.compiled", raising=False)
    settings = load_settings(flags={"data": str(tmp_path / "data"), "decode.kernel": "compiled"})
    with pytest.raises(SettingsError, match="compiled decode kernel cannot be loaded"), open_house(settings):
        pass
    assert not (tmp_path / "data").exists()

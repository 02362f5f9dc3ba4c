"""Tests of logstore.app.translate."""

import pytest

from ingest.decode.settings import DecodeSettings
from ingest.forward.limits import Limits
from ingest.partials import PartialLimits
from ingest.tags import TagRewriting
from logstore.app.translate import decode_settings, forward_settings
from logstore.config.load import load_settings
from logstore.config.section import MIB
from logstore.config.settings import Settings
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
        "LOGSTORE_DECODE_TIME_KEYS": "t",
        "LOGSTORE_DECODE_MAX_DEPTH": "7",
        "LOGSTORE_DECODE_MAX_INFLATED_BYTES": str(3 * MIB),
        "LOGSTORE_DECODE_SOURCE_ADDRESS_KEY": "from",
        "LOGSTORE_DECODE_SOURCE_HOSTNAME_KEY": "from_host",
    }
    assert decode_settings(load_settings(environment=chosen)) == DecodeSettings(
        message_keys=("a", "b"),
        level_keys=("c",),
        level_scale=LevelScale.OTLP,
        time_keys=("t",),
        max_depth=7,
        max_decompressed_bytes=3 * MIB,
        source_address_key="from",
        source_hostname_key="from_host",
    )


@pytest.mark.parametrize(
    ("given", "tags"),
    [
        ({}, TagRewriting()),
        ({"forward.tag": "new"}, TagRewriting("new")),
        ({"forward.add_tag_prefix": "edge"}, TagRewriting("", "edge.")),
        ({"forward.add_tag_prefix": "edge", "forward.tag": "new"}, TagRewriting("new", "edge.")),
        ({"forward.tag_prefix": "edge_"}, TagRewriting("", "edge_")),
    ],
)
def test_tags_are_rewritten_as_fluentd_and_fluent_bit_do(given, tags):
    """One prefix is followed by a dot, the other is not."""
    assert forward_settings(load_settings(flags=given), 1, ()).tags == tags


def test_partial_messages_are_joined_on_demand():
    """The limits reach the listener; by default nothing is joined, no name is asked for, and signals are dropped."""
    usual = forward_settings(load_settings(), 1, ())
    assert (usual.partials, usual.finds_hostnames, usual.limits.drops_signals) == (None, False, True)
    chosen = forward_settings(
        load_settings(
            flags={
                "forward.join_partial_messages": "true",
                "forward.partial_max_bytes": "20000",
                "forward.partial_timeout_s": "1.5",
                "forward.signals": "quarantine",
                "decode.source_hostname_key": "host",
            }
        ),
        1,
        (),
    )
    assert chosen.partials == PartialLimits(20_000, 64, 1_500_000_000)
    assert (chosen.finds_hostnames, chosen.limits.drops_signals) == (True, False)


@pytest.mark.parametrize("given", [None, str(3 * MIB)])
def test_listener_and_decoder_agree_on_what_a_chunk_may_inflate_to(given):
    """The listener reserves as many sequence numbers as the decoder may need."""
    settings = load_settings(flags={"decode.max_inflated_bytes": given})
    inflated = forward_settings(settings, 1, ()).limits.max_inflated_bytes
    assert inflated == decode_settings(settings).max_decompressed_bytes
    if given is None:
        assert inflated == Limits().max_inflated_bytes

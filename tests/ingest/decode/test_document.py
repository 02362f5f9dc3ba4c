"""Tests of ingest.decode.document."""

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decode.document import read_document, write_document
from ingest.decode.settings import DecodeSettings
from logstore.model.levels import LevelScale

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "storage-format.md"

VERSION_1 = b"""{
  "version": 1,
  "message_keys": [
    "message",
    "log",
    "msg",
    "MESSAGE",
    "body"
  ],
  "level_keys": [
    "level",
    "severity",
    "lvl",
    "log.level"
  ],
  "level_scale": "mixed",
  "time_keys": [
    "time",
    "timestamp",
    "@timestamp",
    "ts",
    "_time",
    "eventTime"
  ],
  "max_depth": 64,
  "max_columns": 500,
  "max_decompressed_bytes": 268435456,
  "source_address_key": "",
  "source_hostname_key": ""
}
"""

SETTINGS = st.builds(
    DecodeSettings,
    message_keys=st.lists(st.text()).map(tuple),
    level_keys=st.lists(st.text()).map(tuple),
    level_scale=st.sampled_from(LevelScale),
    time_keys=st.lists(st.text()).map(tuple),
    max_depth=st.integers(1, 128),
    max_columns=st.integers(1, 10_000),
    max_decompressed_bytes=st.integers(1, 2**28),
    source_address_key=st.sampled_from(["", "address", "source.ip"]),
    source_hostname_key=st.sampled_from(["", "host"]),
)


@given(SETTINGS)
def test_settings_come_back(settings):
    """Whatever was chosen, the document holds all of it."""
    assert read_document(write_document(settings)) == settings


def test_version_1_stays_as_it_is():
    """Documents that were written once are read for ever, and their bytes make the id, so they never change."""
    settings = DecodeSettings(
        message_keys=("message", "log", "msg", "MESSAGE", "body"),
        level_keys=("level", "severity", "lvl", "log.level"),
        level_scale=LevelScale.MIXED,
        time_keys=("time", "timestamp", "@timestamp", "ts", "_time", "eventTime"),
        max_depth=64,
        max_columns=500,
        max_decompressed_bytes=268_435_456,
    )
    assert write_document(settings) == VERSION_1
    assert read_document(VERSION_1) == settings


def test_the_documented_example_is_a_document():
    """docs/storage-format.md shows a file as it is."""
    _, _, section = DOCUMENTATION.read_text().partition("## Decode settings")
    example = section.partition("```json\n")[2].partition("```")[0].encode()
    assert read_document(example) == DecodeSettings(
        message_keys=("message", "log"), level_keys=("level",), time_keys=("time",)
    )


def test_every_setting_stands_in_the_document():
    """A setting that is left out would be decided by the defaults of another version."""
    fields = [field.name for field in dataclasses.fields(DecodeSettings)]
    assert list(json.loads(write_document(DecodeSettings()))) == ["version", *fields]


@pytest.mark.parametrize(
    "document",
    [
        VERSION_1.replace(b'"version": 1', b'"version": 2'),
        VERSION_1.replace(b"mixed", b"mingled"),
        VERSION_1.replace(b"500,", b'500,\n  "max_age": 5,'),
        VERSION_1.replace(b'  "max_columns": 500,\n', b""),
        VERSION_1.replace(b'  "level_scale": "mixed",\n', b""),
        VERSION_1.replace(b"64", b"6400"),
        VERSION_1.replace(b'"max_depth": 64', b'"max_depth": "64"'),
        VERSION_1.rstrip(),
        VERSION_1[:-10],
        b"[]\n",
        b"\xff",
        b"",
    ],
)
def test_other_documents_are_refused(document):
    """What another version wrote is never read as if something were not there."""
    with pytest.raises(ValueError, match="decode settings"):
        read_document(document)


def test_documents_of_before_there_were_time_keys_are_read():
    """They have none, and no event that came in under them asks for any."""
    before = json.loads(VERSION_1)
    del before["time_keys"]
    assert read_document(json.dumps(before, indent=2).encode() + b"\n") == DecodeSettings()

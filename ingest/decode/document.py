"""Decode settings as a document, kept with the data so that a log entry is decoded tomorrow as it would be today.

All settings stand in it, also those that nobody chose, for defaults may change. Equal settings give equal bytes.
`docs/storage-format.md` shows one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from ingest.decode.settings import DecodeSettings
from logstore.errors import SettingsError
from logstore.model.levels import LevelScale

VERSION = 1

# Documents that were written before there were such settings go without them; no event of theirs asks for them.
_LATER = ("time_keys", "source_address_key", "source_hostname_key")


def write_document(settings: DecodeSettings) -> bytes:
    """The document of these settings."""
    return _document(settings, ())


def _document(settings: DecodeSettings, unknown: Collection[str]) -> bytes:
    fields = {**asdict(settings), "level_scale": settings.level_scale.value}
    fields = {name: value for name, value in fields.items() if name not in unknown}
    return json.dumps({"version": VERSION, **fields}, indent=2).encode() + b"\n"


def read_document(document: bytes) -> DecodeSettings:
    """The settings that `write_document` wrote.

    Raises:
        ValueError: this version of Logstore writes no such document.
    """
    try:
        fields = json.loads(document)
        settings = _settings(**fields)
    except (ValueError, TypeError, SettingsError) as error:
        raise ValueError(f"decode settings that this version of Logstore does not understand: {error}") from error
    if _document(settings, [name for name in _LATER if name not in fields]) != document:
        raise ValueError("decode settings that this version of Logstore writes in another way")
    return settings


def _settings(
    version: int,
    message_keys: list[str],
    level_keys: list[str],
    level_scale: str,
    time_keys: Sequence[str] = DecodeSettings().time_keys,
    **others: Any,
) -> DecodeSettings:
    if version != VERSION:
        raise ValueError(f"their version is {version}, this is version {VERSION}")
    return DecodeSettings(tuple(message_keys), tuple(level_keys), LevelScale(level_scale), tuple(time_keys), **others)

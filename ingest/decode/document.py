"""Decode settings as a document, kept with the data so that a log entry is decoded tomorrow as it would be today.

All settings stand in it, also those that nobody chose, for defaults may change. Equal settings give equal bytes.
`docs/storage-format.md` shows one.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from ingest.decode.settings import DecodeSettings
from logstore.errors import SettingsError
from logstore.model.levels import LevelScale

VERSION = 1


def write_document(settings: DecodeSettings) -> bytes:
    """The document of these settings."""
    fields = {**asdict(settings), "level_scale": settings.level_scale.value}
    return json.dumps({"version": VERSION, **fields}, indent=2).encode() + b"\n"


def read_document(document: bytes) -> DecodeSettings:
    """The settings that `write_document` wrote.

    Raises:
        ValueError: this version of Logstore writes no such document.
    """
    try:
        settings = _settings(**json.loads(document))
    except (ValueError, TypeError, SettingsError) as error:
        raise ValueError(f"decode settings that this version of Logstore does not understand: {error}") from error
    if write_document(settings) != document:
        raise ValueError("decode settings that this version of Logstore writes in another way")
    return settings


def _settings(
    version: int,
    message_keys: list[str],
    level_keys: list[str],
    level_scale: str,
    time_keys: list[str],
    **others: Any,
) -> DecodeSettings:
    if version != VERSION:
        raise ValueError(f"their version is {version}, this is version {VERSION}")
    return DecodeSettings(tuple(message_keys), tuple(level_keys), LevelScale(level_scale), tuple(time_keys), **others)

"""What an operator may choose about decoding. A change takes a new settings id: see `Chunk.settings`."""

from __future__ import annotations

from dataclasses import dataclass

from logstore.errors import SettingsError
from logstore.model.levels import LevelScale
from logstore.model.merge import MAX_COLUMNS
from logstore.model.schema import RESERVED_FIELDS

# Python's own recursion limit is a thousand frames, several of which go to each level.
_MOST_DEPTH = 128
# As JSON text a byte may become six (`\\u0001`), and a column of text holds 2 GiB at most.
_MOST_DECOMPRESSED_BYTES = 340 * 2**20


@dataclass(frozen=True, slots=True)
class DecodeSettings:
    """How records become fields.

    Attributes:
        message_keys: top-level keys; the first of them with a text value becomes `message`.
        level_keys: field names; the first of them whose value is a level gives `level`.
        level_scale: which numbers mean which level.
        time_keys: of events that come with no time beside their record (JSON); top-level keys, the first of them whose
            value is a time gives the time, and is not kept as a field.
        max_depth: containers within each other, the record counted; an event that goes deeper is rejected. Larger
            values come near to what recursive readers of the JSON text survive.
        max_columns: columns of a decoded batch, besides `_more`; the fields past it stand in `_more`.
        max_decompressed_bytes: a chunk that inflates to more is rejected. It must not be smaller than what a sender's
            largest buffer chunk inflates to (Fluentd's own limit is the same 256 MiB).
        source_address_key, source_hostname_key: fields that every event gets, with its sender's address and host name,
            in place of fields of these names that it was sent with; empty: none.
    """

    message_keys: tuple[str, ...] = ("message", "log", "msg", "MESSAGE", "body")
    level_keys: tuple[str, ...] = ("level", "severity", "lvl", "log.level")
    level_scale: LevelScale = LevelScale.MIXED
    time_keys: tuple[str, ...] = ("time", "timestamp", "@timestamp", "ts", "_time", "eventTime")
    max_depth: int = 64
    max_columns: int = MAX_COLUMNS
    max_decompressed_bytes: int = 256 * 2**20
    source_address_key: str = ""
    source_hostname_key: str = ""

    def __post_init__(self) -> None:
        """Raises SettingsError for limits under which decoding could fail, and for fields that cannot be had."""
        if not 1 <= self.max_depth <= _MOST_DEPTH:
            raise SettingsError(f"max_depth must be 1 to {_MOST_DEPTH}, not {self.max_depth}")
        if not 0 < self.max_decompressed_bytes <= _MOST_DECOMPRESSED_BYTES:
            raise SettingsError(f"max_decompressed_bytes must be 1 to {_MOST_DECOMPRESSED_BYTES}")
        for key in (self.source_address_key, self.source_hostname_key):
            if key in RESERVED_FIELDS:
                raise SettingsError(f"the field {key} is one of ours and cannot hold a sender's address or host name")
        if self.source_address_key and self.source_address_key == self.source_hostname_key:
            raise SettingsError(f"the field {self.source_address_key} cannot hold both the address and the host name")

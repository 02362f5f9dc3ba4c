"""How much one connection may ask of us before it is cut off."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a sender may send.

    Attributes:
        max_message_bytes: one message, header to last byte. Smaller than a sender's chunk limit: that chunk can never
            be delivered (Fluentd's memory buffers make chunks of 8 MiB, its file buffers of up to 256 MiB). Larger:
            each connection may make us hold that much of a message that never ends.
        max_tag_bytes: a tag names a column value and takes part in every key; real tags have under 200 bytes.
        max_chunk_id_bytes: the id is echoed, and an ack must fit one read of 512 bytes at the sender.
        max_elements: of the outer array; four have a meaning, more are passed over, each at the cost of a step.
        max_options_bytes: the option map is read pair by pair.
        max_inflated_bytes: what a compressed payload may inflate to; bounds the sequence numbers kept for it. Must be
            the `max_decompressed_bytes` of the decode settings in force: smaller, and events past it would find no
            sequence number left.
        max_json_bytes: one message of a JSON connection. Its values become objects in memory, of up to 25 times their
            text, and meanwhile nobody else is served; real ones hold an event, or a few.
        max_json_depth: arrays and objects within each other. More than decoding takes, less than any reader minds.
        drops_signals: whether metrics and traces, which are not stored, are thrown away when they come. Else they are
            taken as chunks, that no event is ever made of.
    """

    max_message_bytes: int = 64 * MIB
    max_tag_bytes: int = 4096
    max_chunk_id_bytes: int = 256
    max_elements: int = 16
    max_options_bytes: int = 65_536
    max_inflated_bytes: int = 256 * MIB
    max_json_bytes: int = 4 * MIB
    max_json_depth: int = 256
    drops_signals: bool = True

"""However a stream is cut into reads, it says the same."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ingest.forward.events import ChunkReceived, Event, Malformed
from logstore.model.chunk import Mode
from tests.ingest.forward.wire_samples import (
    FLUENTD_ID,
    events_of,
    fluentd,
    forward,
    members,
    message,
    pack,
    packed,
    packed_forward,
)

WIRES = [
    message(),
    message({}),
    message(5),
    message({"chunk": "c"}),
    forward(),
    forward({"chunk": "f", "size": 3}),
    forward({"fluent_signal": 1, "chunk": "m"}),
    packed_forward(),
    packed_forward({"chunk": "p"}),
    packed_forward({"chunk": "large"}, b"\x92\x01\x80" * 6000),
    packed_forward(None, members()),
    fluentd(packed(), {"size": 3, "chunk": FLUENTD_ID}),
    pack([5, []]),
    pack(["", []]),
    b"\xc0",
]
LAST_WIRES = [
    b"",
    b"GET / HTTP/1.1",
    b"\x16\x03\x01",
    b"\xc1",
    b"\x93\xa1t\x01\xc1",
    forward()[:-3],
    pack(["t"]),
    b"{}",
]


def untied(events: list[Event]) -> list[Event]:
    """The same events without what reads decide: where runs of single messages end, how much a refusal shows."""
    joined: list[Event] = []
    for event in events:
        if isinstance(event, Malformed):
            joined.append(replace(event, detail=""))
            continue
        last = joined[-1] if joined else None
        if is_run(event) and is_run(last):
            joined[-1] = replace(
                last,
                payload=last.payload + event.payload,
                rows_bound=last.rows_bound + event.rows_bound,
                messages=last.messages + event.messages,
                notes=last.notes + event.notes,
            )
        else:
            joined.append(event)
    return joined


def is_run(event: Event | None) -> bool:
    """Whether it holds single messages without an id."""
    return isinstance(event, ChunkReceived) and event.mode is Mode.MESSAGES and event.chunk_id is None


@given(st.lists(st.sampled_from(WIRES), max_size=8), st.sampled_from(LAST_WIRES), st.data())
def test_any_split_gives_the_same_events(wires, last, data):
    """Cuts at arbitrary places change nothing but where runs of single messages end."""
    stream = b"".join(wires) + last
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(stream) - 1)), max_size=20)))
    reads = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) if a < b]
    assert untied(events_of(*reads, b"")) == untied(events_of(stream, b""))


@given(st.binary(max_size=300), st.integers(1, 7))
def test_noise_says_the_same_however_it_is_cut(noise, step):
    """Random bytes never raise, and are refused for the same reason in any cut."""
    reads = [noise[at : at + step] for at in range(0, len(noise), step)]
    assert untied(events_of(*reads, b"")) == untied(events_of(noise, b""))


@given(st.sampled_from([wire for wire in WIRES if wire]), st.data())
def test_a_changed_byte_never_raises(wire, data):
    """One byte of a good message replaced by any other: reported somehow, never an exception."""
    at = data.draw(st.integers(0, len(wire) - 1))
    changed = wire[:at] + bytes([data.draw(st.integers(0, 255))]) + wire[at + 1 :]
    assert events_of(changed, b"")

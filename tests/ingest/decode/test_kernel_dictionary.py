"""Texts that repeat leave the kernel as dictionaries, and are the same texts."""

import random

import msgpack
import pyarrow as pa
import pytest

from ingest.decode.compiled import CompiledDecoder
from logstore.model.schema import DICTIONARY_TYPE
from tests.ingest.decode.agreement import Agreement
from tests.ingest.decode.wire import Mode, entry, event_time

EVENTS = 3000
TIME = event_time(1_700_000_000, 1).data


def chunk_of(texts, seq: int = 1):
    """A chunk with an event for each text; None is an event without one, an integer one that the kernel declines."""
    records = ({} if text is None else {1: "key"} if isinstance(text, int) else {"field": text} for text in texts)
    events = [[msgpack.ExtType(0, TIME), record] for record in records]
    return entry(Mode.PACKED, b"".join(map(msgpack.packb, events)), seq=seq, rows_bound=len(events))


def type_of(batch, name="field"):
    """The type of a column."""
    return batch.table.schema.field(name).type


@pytest.mark.parametrize("distinct", [1, 3, 127, 128, 129, 500])
def test_few_texts_are_held_once(distinct):
    """A column of few distinct texts is a dictionary of these, nulls between them or not."""
    rng = random.Random(distinct)
    texts = [rng.choice([f"text {place}" for place in range(distinct)]) for _ in range(EVENTS)]
    texts[7] = texts[800] = None
    batch = Agreement().of([chunk_of(texts)]).batch
    assert type_of(batch) == DICTIONARY_TYPE
    column = batch.table.column("field")
    assert column.to_pylist() == texts
    assert len(column.chunk(0).dictionary) == len(set(texts) - {None})


def test_ever_new_texts_are_plain():
    """A column whose texts do not repeat is plain, also when that shows late."""
    new = [f"text {place}" for place in range(EVENTS)]
    assert type_of(Agreement().of([chunk_of(new)]).batch) == pa.string()
    late = ["same"] * 1000 + new
    assert type_of(Agreement().of([chunk_of(late)]).batch) == pa.string()


def test_a_few_events_are_plain():
    """Of a handful of events a dictionary would be larger than the texts."""
    assert type_of(Agreement().of([chunk_of(["a", "b", "a"])]).batch) == pa.string()


def test_a_chunk_that_is_declined_takes_its_texts_back():
    """What a chunk added before it was declined is in no row, whatever became of the column meanwhile."""
    agreement = Agreement()
    few, new = ["a", "b"] * 200, [f"text {place}" for place in range(EVENTS)]
    batch = agreement.of([chunk_of(few), chunk_of([*new, 1], seq=10_000), chunk_of(few, seq=20_000)]).batch
    assert batch.rows == 2 * len(few) + len(new) + 1


def test_a_column_that_changes_its_mind():
    """Pieces of few and of ever new texts in turn are each what they should be, and all texts are right."""
    decoder, agreement = CompiledDecoder(), Agreement()
    new = [f"text {place}" for place in range(EVENTS)]
    for _ in range(10):
        agreement.of([chunk_of(new)])
        agreement.of([chunk_of(["a", "b"] * 500)])
        decoder.decode([chunk_of(new)])
    found = [type_of(decoder.decode([chunk_of(["a", "b"] * 500)]).batch) for _ in range(70)]
    assert found[-1] == DICTIONARY_TYPE

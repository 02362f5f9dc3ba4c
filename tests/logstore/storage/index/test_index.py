"""A whole index: made of row groups, laid out, asked; and what becomes of damage."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.errors import CorruptionError
from logstore.model.schema import FIXED_COLUMNS
from logstore.model.snapshot import Part, RowGroup
from logstore.model.words import words
from logstore.storage.index.build import IndexBuilder, IndexShape
from logstore.storage.index.codec import PLAIN, best_codec
from logstore.storage.index.file import Method
from logstore.storage.index.probe import OpenIndex
from logstore.storage.index.soundness import check_against_rows, check_index

SHAPE = IndexShape(best_codec())
STORY = "this is quite a long sentence, which tells a long story of the number "


def a_part(groups: int, rows: int) -> Part:
    """A part of row groups of so many rows each."""
    row_groups = tuple(RowGroup(place * rows, rows, 0, 1) for place in range(groups))
    return Part(
        "/p.parquet",
        1,
        groups * rows,
        1,
        0,
        1,
        1,
        2,
        FIXED_COLUMNS,
        has_more=False,
        tags=None,
        row_groups=row_groups,
        index="/p.words",
    )


def a_file(tables: list[pa.Table], shape: IndexShape = SHAPE) -> bytes:
    """The index of these row groups."""
    builder = IndexBuilder(shape)
    for table in tables:
        builder.add(table)
    return b"".join(builder.finish())


def an_index(tables: list[pa.Table], shape: IndexShape = SHAPE) -> OpenIndex:
    """The same, open."""
    return OpenIndex(memoryview(a_file(tables, shape)), a_part(len(tables), tables[0].num_rows), shape.codec)


def places(bits: int | None) -> list[int]:
    """The row groups of a set."""
    assert bits is not None
    return [place for place in range(bits.bit_length()) if bits >> place & 1]


def tables(groups: int = 4, rows: int = 100) -> list[pa.Table]:
    """Row groups whose texts bear their numbers."""
    return [
        pa.table(
            {
                "message": [f"Order {group * rows + row:06x} shipped by truck{group}" for row in range(rows)],
                "level": ["info"] * rows,
                "id": [f"ID-{group}-{row}" for row in range(rows)],
                "host": pa.array([f"node-{group % 2}"] * rows).dictionary_encode(),
                "note": [STORY + str(group * rows + row) for row in range(rows)],
                "n": list(range(rows)),
            }
        )
        for group in range(groups)
    ]


def test_words_values_and_pieces_are_found_where_they_are():
    """And, but for rare errors that there are none of here, nowhere else."""
    index = an_index(tables())
    assert places(index.with_word("message", "order")) == [0, 1, 2, 3]
    assert places(index.with_word("message", "truck2")) == [2]
    assert places(index.with_word("message", "truck")) == []
    assert places(index.with_word("message", f"{205:06x}")) == [2]
    assert places(index.with_text("message", "PPED by truck3")) == [3]
    assert places(index.with_text("message", "no such text")) == []
    assert places(index.with_value("id", "ID-1-7")) == [1]
    assert places(index.with_value("id", "id-1-7")) == []
    assert places(index.with_value("host", "node-1")) == [1, 3]
    assert places(index.with_word("note", "story")) == [0, 1, 2, 3]
    assert places(index.with_word("note", "399")) == [3]


def test_what_is_not_indexed_is_not_known():
    """None, which rules out nothing, rather than an empty set."""
    index = an_index(tables())
    assert index.with_word("id", "id") is None
    assert index.with_value("message", "x") is None
    assert index.with_value("level", "info") is None
    assert index.with_value("n", "1") is None
    assert index.with_text("message", "7 bytes") is None
    assert index.with_text("id", "long enough") is None
    assert index.with_value("absent", "x") is None


def test_pieces_of_text_are_a_choice():
    """Without them the rest is there."""
    index = an_index(tables(), IndexShape(best_codec(), has_grams=False))
    assert index.with_text("message", "shipped by truck1") is None
    assert places(index.with_word("message", "truck1")) == [1]


any_message = st.text("abAB é.", max_size=12)


@given(st.lists(st.lists(st.none() | any_message, min_size=3, max_size=3), min_size=1, max_size=9), any_message)
@settings(max_examples=80, deadline=None)
def test_nothing_is_ever_left_out_wrongly(groups, wanted):
    """Whatever the texts are: a row group that holds what is asked for is in the set."""
    made = [pa.table({"message": pa.array(g, pa.string()), "v": pa.array(g, pa.string())}) for g in groups]
    index = an_index(made)
    for place, group in enumerate(groups):
        for text in filter(None, [*group, wanted if wanted in group else None]):
            assert all(place in places(index.with_word("message", word)) for word in words(text))
            assert place in places(index.with_value("v", text))
            part = text[1:]
            found = index.with_text("message", part)
            assert found is None or place in places(found)


def test_every_damaged_byte_is_noticed_or_does_not_matter():
    """A question is answered as before, or the index says that it is damaged; never anything else."""
    whole = a_file(tables(2, 20))
    part, codec = a_part(2, 20), SHAPE.codec
    questions = [
        lambda index: index.with_word("message", "truck1"),
        lambda index: index.with_value("id", "ID-0-3"),
        lambda index: index.with_text("message", "shipped by"),
    ]
    right = [question(OpenIndex(memoryview(whole), part, codec)) for question in questions]
    refused = 0
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x41
        for question, answer in zip(questions, right, strict=True):
            try:
                assert question(OpenIndex(memoryview(damaged), part, codec)) == answer
            except CorruptionError:
                refused += 1
    assert refused > len(questions) * 400


def test_a_file_that_ends_early_is_refused():
    """Wherever it ends."""
    whole = a_file(tables(2, 20))
    part, codec = a_part(2, 20), SHAPE.codec
    for length in (0, 3, 15, 40, len(whole) // 2):
        with pytest.raises(CorruptionError):
            OpenIndex(memoryview(whole[:length]), part, codec).with_text("message", "shipped by truck")


def test_other_versions_and_other_parts_are_refused():
    """With a sentence that says so."""
    whole = bytearray(a_file(tables(2, 20)))
    with pytest.raises(CorruptionError, match="another part"):
        OpenIndex(memoryview(whole), a_part(2, 21), SHAPE.codec)
    whole[4] = 3
    with pytest.raises(CorruptionError, match="version 3 is unknown"):
        OpenIndex(memoryview(whole), a_part(2, 20), SHAPE.codec)
    with pytest.raises(CorruptionError, match="no word index"):
        OpenIndex(memoryview(b"PAR1" + bytes(whole[4:])), a_part(2, 20), SHAPE.codec)


def test_methods_have_first_letters_of_their_own():
    """The checksums of pages tell methods apart by them."""
    assert len({method.value[0] for method in Method}) == len(Method)


def test_every_flipped_bit_is_found_by_looking_at_the_whole():
    """Also in pages that no question meets, in their directory and between: each byte is looked at."""
    content = bytearray(a_file(tables(2, 20)))
    part = a_part(2, 20)
    check_index(memoryview(content), part)
    for place in range(len(content)):
        content[place] ^= 1 << place % 8
        with pytest.raises(CorruptionError):
            check_index(memoryview(content), part)
        content[place] ^= 1 << place % 8
    for wrong in (content[:-1], content + b"\0"):
        with pytest.raises(CorruptionError):
            check_index(memoryview(wrong), part)


@pytest.mark.parametrize("shape", [SHAPE, IndexShape(PLAIN, has_grams=False, has_ids=False)])
def test_an_index_is_compared_with_the_rows(shape):
    """However it was made, by which codec, and with or without dictionaries; other rows make another one."""
    content, part = memoryview(a_file(tables(2, 20), shape)), a_part(2, 20)
    as_read = [each.set_column(3, "host", each.column("host").cast(pa.string())) for each in tables(2, 20)]
    check_against_rows(content, part, as_read, best_codec())
    with pytest.raises(CorruptionError, match="rows"):
        check_against_rows(content, part, as_read[::-1], best_codec())

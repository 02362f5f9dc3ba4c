"""The compiled code and the plain one collect, encode and find the same."""

from __future__ import annotations

import contextlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.model.words import words
from logstore.storage.index.codec import PLAIN, Codec, best_codec
from logstore.storage.index.plain import find, fold, grams_of, key_of
from logstore.storage.index.texts import texts_of

COMPILED = best_codec()
GRAM, WINDOW = 6, 3

any_text = st.text(max_size=40) | st.text("aAzZ09_ .-é漢\0\x7f\x80", max_size=150)
any_blocks = st.lists(st.lists(st.none() | any_text, max_size=8), min_size=1, max_size=5)


def collected(codec: Codec, blocks: list[list[str | None]]):
    """All that a codec makes of texts: one collector for all methods, so that keys meet."""
    collector = codec.collector()
    for block in blocks:
        texts = texts_of(pa.array(block, pa.string()))
        folded = codec.folded(texts.data)
        codec.add_words(collector, folded, texts.offsets, texts.valid, 7)
        codec.add_values(collector, texts.data, texts.offsets, texts.valid, 2**64 - 1)
        codec.add_grams(collector, folded, texts.offsets, texts.valid, 99, GRAM, WINDOW)
        collector.end_block()
    return collector


@given(any_blocks, st.integers(1, 2**32), st.integers(1, 30))
@settings(max_examples=150, deadline=None)
def test_twins_give_the_same_pages(blocks, universe, pages):
    """For any texts, missing ones too, and any spread of keys over pages."""
    width = -(-universe // pages)
    compiled, plain = (collected(codec, blocks) for codec in (COMPILED, PLAIN))
    assert COMPILED.name == "compiled"
    assert (compiled.blocks, compiled.entries) == (plain.blocks, plain.entries)
    assert compiled.encode(universe, width) == plain.encode(universe, width)


@given(any_blocks, st.integers(1, 2**32), st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_what_was_added_is_found_where_it_was_added(blocks, universe, pages):
    """Each word, each whole text, and by both codecs the same; in pages of any width."""
    width = -(-universe // pages)
    content, ends = collected(COMPILED, blocks).encode(universe, width)
    starts = [0, *ends]
    for number, block in enumerate(blocks):
        for text in filter(None, block):
            keys = [key_of(word.encode(), 7) for word in words(text)] + [key_of(text.encode(), 2**64 - 1)]
            for key in keys:
                page, value = divmod(key * universe >> 32, width)
                bits = content[starts[page] : starts[page + 1]]
                held = find(bits, value, width, len(blocks))
                assert number in held
                assert list(COMPILED.find(bits, value, width, len(blocks))) == held


@given(st.text("ab0 é", max_size=20), st.text("ab0 é", min_size=2, max_size=12), st.text("ab0 é", max_size=20))
@settings(max_examples=200, deadline=None)
def test_any_text_of_eight_bytes_holds_a_sampled_piece(before, text, after):
    """Wherever it stands, the pieces that are sampled of it alone are sampled there too."""
    alone = set(grams_of(fold(text.encode()), 5, GRAM, WINDOW))
    assert bool(alone) == (len(text.encode()) >= GRAM + WINDOW - 1)
    assert alone <= set(grams_of(fold((before + text + after).encode()), 5, GRAM, WINDOW))


def test_many_keys_in_many_blocks():
    """A block of a hundred thousand keys, a key in all of three hundred blocks, and a block of none."""
    collector, plain = COMPILED.collector(), PLAIN.collector()
    for codec, one in ((COMPILED, collector), (PLAIN, plain)):
        for block in range(300):
            texts = [f"{number}" for number in range(20_000 if block == 7 else 1)] if block != 3 else []
            found = texts_of(pa.array(texts, pa.string()))
            codec.add_values(one, found.data, found.offsets, found.valid, 1)
            one.end_block()
    content, ends = collector.encode(10_000_000, 100_000)
    assert (content, ends) == plain.encode(10_000_000, 100_000)
    page, value = divmod(key_of(b"0", 1) * 10_000_000 >> 32, 100_000)
    bits = content[([0, *ends])[page] : ends[page]]
    assert list(COMPILED.find(bits, value, 100_000, 300)) == [block for block in range(300) if block != 3]


@pytest.mark.parametrize("codec", [COMPILED, PLAIN], ids=lambda codec: codec.name)
@pytest.mark.parametrize("page", [b"", b"\0", b"\x02", b"\0" * 40, b"\xff" * 3])
def test_what_is_no_page_is_refused_or_empty(codec, page):
    """With a word that says so, or as a page of nothing; never is anything read beyond its end."""
    with contextlib.suppress(ValueError):
        assert list(codec.find(page, 900, 1000, 5)) == []


def test_arrays_of_every_build_are_the_same_texts():
    """Slices, pieces, dictionaries (of which only what occurs counts) and missing values."""
    plain = pa.array(["x", "b", None, "a b", "b", "y"])[1:5]
    pieces = pa.chunked_array([plain[:2], plain[2:]])
    made = pa.DictionaryArray.from_arrays(pa.array([1, 0, None, 1], pa.int32()), pa.array(["a b", "b", "unused"]))
    for column in (plain, pieces, made, pa.chunked_array([made, made[:1]]), plain.cast(pa.large_string())):
        texts = texts_of(column)
        valid = texts.valid if len(texts.valid) else np.ones(len(texts.offsets) - 1, np.uint8)
        first = texts.offsets[0]
        spans = zip(texts.offsets - first, (texts.offsets - first)[1:], valid, strict=False)
        assert {bytes(texts.data[a:b]) for a, b, is_there in spans if is_there} == {b"b", b"a b"}
    assert len(texts_of(pa.chunked_array([], pa.string())).offsets) == 1

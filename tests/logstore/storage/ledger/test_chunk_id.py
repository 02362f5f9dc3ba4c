"""Chunk ids as people meet them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logstore.storage.ledger.chunk_id import id_prefixes, id_text

RAW = bytes(range(240, 256))
FLUENTD = base64.b64encode(RAW) + b"\n"


@pytest.mark.parametrize("given_as", ["8PHy8/T19vf4+fr7/P3+/w==", "8PHy8/T19vf4+fr7/P3+/w==\n", "  8PHy8/T1", "8PHy"])
def test_text_ids_are_found_with_or_without_their_line_feed(given_as):
    """Whole or only their beginning."""
    assert any(FLUENTD.startswith(prefix) for prefix in id_prefixes(given_as))


@pytest.mark.parametrize("given_as", [RAW.hex(), "0x" + RAW.hex(), RAW.hex()[:8], r"\xf0\xF1", id_text(RAW)])
def test_raw_ids_are_found_as_hex_base64_or_escapes(given_as):
    """In whatever form a sender logged them."""
    assert any(RAW.startswith(prefix) for prefix in id_prefixes(given_as))
    assert any(RAW.startswith(prefix) for prefix in id_prefixes(base64.b64encode(RAW).decode()))


@given(st.binary(min_size=1, max_size=40))
def test_what_is_shown_finds_what_it_shows(chunk_id):
    """Any id at all, unless it is nothing but a line feed."""
    shown = id_text(chunk_id)
    assert shown.isascii()
    assert shown.isprintable()
    if shown and b"\\" not in chunk_id:
        assert any(chunk_id.startswith(prefix) for prefix in id_prefixes(shown))

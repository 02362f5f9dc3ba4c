"""Section 3: tags."""

from __future__ import annotations

import pytest

from ingest.tags import TagRewriting
from tests.ingest.checklist.told import asking, entries, pack, packed, tell, told
from tests.ingest.senders import listening


@pytest.mark.parametrize("tag", [5, None, 1.5, [], {}])
async def test_3_1_a_tag_that_is_no_text_is_acked_and_dropped(tag):
    """A retry cannot help; the messages after it are read."""
    found = await told(pack([tag, entries(1), asking()]) + pack(["t", entries(2)]))
    assert (found.of("n"), found.acks, found.is_kept) == ([2], ["x"], True)
    assert found.counters.discarded == {"tag is not a string": 1}


@pytest.mark.parametrize(("tag", "stored"), [(b"bin", "bin"), ("", ""), (b"", "")])
async def test_3_1_bin_and_empty_tags_are_tags(tag, stored):
    """In every mode."""
    found = await told(pack([tag, entries(1)]) + pack([tag, packed(*entries(2))]) + pack([tag, 1, {"n": 3}]))
    assert found.of("tag", "n") == [(stored, 1), (stored, 2), (stored, 3)]


async def test_3_2_a_tag_that_is_not_utf8_is_replaced_counted_and_acked():
    """What was sent stays beside it, for duplicates are found by it."""
    found = await told(
        b"\x93\xa2a\xff" + pack(entries(1)) + pack(asking()) + b"\x93\xa2b\xff" + pack(1) + pack({"n": 2})
    )
    assert found.of("tag", "n") == [("a\ufffd", 1), ("b\ufffd", 2)]
    assert found.acks == ["x"]
    assert found.chunks[0].wire_tag == b"a\xff"
    assert (found.counters.notes, found.changes) == ({"tag with invalid UTF-8": 1}, {"tag with invalid UTF-8": 1})


async def test_3_3_tags_have_at_most_4_kib():
    """A longer one is refused, in any mode and before it is there."""
    found = await told(pack(["t" * 4096, 1, {"n": 1}]))
    assert found.of("n") == [1]
    for wire in (pack(["t" * 4102, 1, {}, asking()]), b"\x93\xdb\x00\x10\x00\x00"):
        found = await told(wire)
        assert (found.events, found.answer, found.counters.malformed) == ([], b"", {"tag is too long": 1})


@pytest.mark.parametrize(
    "tag", ["../../etc", "a\0b", "a\nb", "'; drop table", '"', "a/b", "~", "\u202e", "*", "a" * 4096]
)
async def test_3_3_hostile_tags_are_only_values(tag):
    """They are stored as they are, in the chunk and as the field."""
    found = await told(pack([tag, entries(1), asking()]) + pack([tag, 1, {"n": 2}]))
    assert found.of("tag", "n") == [(tag, 1), (tag, 2)]
    assert found.chunks[0].tag == tag


EVERY_MODE = pack(["t", entries(1), asking("1")]) + pack(["t", packed(*entries(2)), asking("2")])
EVERY_MODE += pack(["t", 1, {"n": 3}, asking("3")]) + pack(["t", 1, {"n": 4}]) + pack(["u", 1, {"n": 5}])


@pytest.mark.parametrize(
    ("tags", "stored"),
    [
        (TagRewriting("new"), ["new"] * 5),
        (TagRewriting("", "P."), ["P.t"] * 4 + ["P.u"]),
        (TagRewriting("new", "P."), ["P.new"] * 5),
        (TagRewriting("", "P"), ["Pt"] * 4 + ["Pu"]),
        (TagRewriting("new", "P"), ["Pnew"] * 5),
    ],
)
async def test_3_4_tags_are_rewritten_in_every_mode(tags, stored):
    """`tag` replaces, `add_tag_prefix` puts `P.` before, both: before the new one; `tag_prefix` has no dot."""
    found = await told(EVERY_MODE, tags=tags)
    assert found.of("tag") == stored
    assert found.acks == ["1", "2", "3"]


async def test_3_4_duplicates_are_found_by_the_tag_as_sent():
    """Two chunks of one id under two tags are two, though both are stored under one tag."""
    chunk_id = "x" * 24 + "\n"
    async with listening(tags=TagRewriting("new")) as here:
        for tag in ("a", "b", "a"):
            await tell(here, pack([tag, entries(1), asking(chunk_id)]))
        assert [chunk.wire_tag for chunk in here.sink.chunks] == [b"a", b"b"]
        assert [chunk.tag for chunk in here.sink.chunks] == ["new", "new"]

"""Tests of chunks and their keys."""

from logstore.model.chunk import Chunk, Compression, Entry, Mode, chunk_key


def test_the_numbers_on_disk():
    """They are in every write-ahead log: never other ones."""
    modes = {"MESSAGES": 1, "FORWARD": 2, "PACKED": 3, "JSON": 4, "RECORDS": 5}
    assert {mode.name: mode.value for mode in Mode} == modes
    assert {one.name: one.value for one in Compression} == {"NONE": 0, "GZIP": 1, "ZSTD": 2, "UNKNOWN": 3}


def test_an_entry_ends_after_its_bound():
    """The next entry may start there."""
    assert Entry(10, Chunk(Mode.PACKED, b"", 3, 0)).end == 13


def test_keys_tell_every_part_apart():
    """Each part counts, and where one ends and the next begins."""
    base = ("default", b"tag", b"id", 10, 7)
    others = [
        ("other", b"tag", b"id", 10, 7),
        ("default", b"ta", b"gid", 10, 7),
        ("defaul", b"ttag", b"id", 10, 7),
        ("default", b"tag", b"ix", 10, 7),
        ("default", b"tag", b"id", 11, 7),
        ("default", b"tag", b"id", 10, 8),
    ]
    keys = {chunk_key(*parts) for parts in [base, *others]}
    assert len(keys) == 7
    assert {len(key) for key in keys} == {16}
    assert chunk_key(*base) == chunk_key(*base)


def test_the_key_on_disk():
    """Keys are in the catalog: the same parts must give the same key for ever."""
    assert chunk_key("default", b"tag", b"id", 10, 7).hex() == "9d108dda03222439e36530c522089a1d"

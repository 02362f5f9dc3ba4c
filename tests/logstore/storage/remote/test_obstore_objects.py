"""Objects through obstore: on a real S3 server, in a directory, and in memory."""

from __future__ import annotations

import itertools
import random
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from logstore.errors import CorruptionError, SettingsError, StorageError
from logstore.storage.remote.content import Passing, check_stored, pieces_of_object
from logstore.storage.remote.objects import MissingObjectError, Objects
from logstore.storage.remote.obstore_objects import open_objects
from logstore.storage.remote.settings import MULTIPART_BYTES, Location, Secrets
from tests.s3 import Proxy, S3Server, Spoil

_prefixes = (f"objects-{number}" for number in itertools.count())

LONG = random.Random(7).randbytes(2 * MULTIPART_BYTES + 1000)


@pytest.fixture(params=["s3", "file", "memory"])
def objects(request: pytest.FixtureRequest, tmp_path) -> Objects:
    """A place without objects."""
    if request.param == "s3":
        server: S3Server = request.getfixturevalue("s3_server")
        return open_objects(server.location(next(_prefixes)))
    return open_objects(Location("memory:///" if request.param == "memory" else (tmp_path / "store").as_uri()))


def test_object_is_there_whole_until_it_is_removed(objects: Objects):
    """What was put is read back, in whole and in ranges; putting again replaces it; removing it twice is fine."""
    objects.put("a/b.parquet", [b"hel", b"lo"], 5)
    assert objects.get("a/b.parquet") == b"hello"
    assert objects.get_range("a/b.parquet", 1, 3) == b"el"
    assert objects.head("a/b.parquet").bytes == 5
    objects.put("a/b.parquet", [b"again"], 5)
    assert objects.get("a/b.parquet") == b"again"
    assert objects.put_new("a/c", b"c")
    assert not objects.put_new("a/c", b"d")
    assert objects.get("a/c") == b"c"
    assert [info.name for info in objects.list("a")] == ["a/b.parquet", "a/c"]
    assert [info.name for info in objects.list("")] == ["a/b.parquet", "a/c"]
    objects.delete("a/b.parquet")
    objects.delete("a/b.parquet")
    for read in (objects.get, objects.head, lambda name: objects.get_range(name, 0, 1)):
        with pytest.raises(MissingObjectError):
            read("a/b.parquet")


def test_long_object_goes_and_comes_in_pieces(objects: Objects):
    """An object of several pieces is the same bytes, verified after it was put, and checked as it is read."""
    sent = Passing()
    objects.put("long", sent.through(LONG[at : at + 3_000_001] for at in range(0, len(LONG), 3_000_001)), len(LONG))
    check_stored(objects, "long", sent)
    with ThreadPoolExecutor(2) as pool:
        for ahead in (None, pool):
            found = list(pieces_of_object(objects, "long", len(LONG), sent.crc32c, ahead))
            assert b"".join(found) == LONG
            assert len(found) == 3
            wrong = pieces_of_object(objects, "long", len(LONG), sent.crc32c ^ 1, ahead)
            assert next(wrong) == found[0]
            with pytest.raises(CorruptionError, match="checksum"):
                list(wrong)


def test_store_tells_the_etag_that_we_expect(s3_server: S3Server):
    """The server's ETag is what we compute, of one piece and of several, so that nothing need be read back."""
    objects = open_objects(s3_server.location(next(_prefixes)))
    for content in (b"", b"short", LONG[:MULTIPART_BYTES], LONG[: MULTIPART_BYTES + 1], LONG):
        sent = Passing()
        objects.put("one", sent.through([content]), len(content))
        assert objects.head("one").etag == sent.etag


def test_broken_upload_leaves_nothing(objects: Objects):
    """What goes wrong while the bytes are made comes out, and there is no object."""

    def pieces():
        yield LONG[: MULTIPART_BYTES + 5]
        raise ValueError("the disk says no")

    with pytest.raises(ValueError, match="the disk says no"):
        objects.put("half", pieces(), len(LONG))
    with pytest.raises(MissingObjectError):
        objects.head("half")


def test_range_beyond_the_end_is_refused(objects: Objects):
    """An object that is shorter than it should be is told."""
    objects.put("short", [b"abc"], 3)
    with pytest.raises(StorageError):
        objects.get_range("short", 1, 10)


@pytest.mark.parametrize("spoil", [Spoil.ERRORS, Spoil.REFUSES, Spoil.HANGS])
def test_errors_say_what_and_where_and_no_secret(s3_server: S3Server, s3_proxy: Proxy, spoil: Spoil):
    """A store that refuses, breaks off or hangs is a StorageError within the time given, which names the object."""
    place = s3_server.location("p", s3_proxy.endpoint, timeout_s=0.5)
    objects = open_objects(place)
    s3_proxy.spoil = spoil
    with pytest.raises(StorageError, match="cannot read s3://logs/p/x") as caught:
        objects.get("x")
    assert caught.value.hint
    assert len(s3_proxy.requests) == 2, "one attempt, and one more"
    assert "\n" not in str(caught.value)
    assert "test-secret" not in str(caught.value)
    assert "test-secret" not in repr(place)


def test_errors_of_the_server_say_what_to_do(s3_server: S3Server):
    """Wrong keys, and a bucket that is not there."""
    place = s3_server.location("p")
    wrong = Location(place.url, place.endpoint, place.region, Secrets("test-key", "guess"), retries=0)
    with pytest.raises(StorageError, match=r"SignatureDoesNotMatch.*\(check the keys") as caught:
        open_objects(wrong).get("x")
    assert "guess" not in str(caught.value)
    elsewhere = Location("s3://elsewhere/p", place.endpoint, place.region, place.secrets, retries=0)
    with pytest.raises(MissingObjectError, match=r"NoSuchBucket.*\(make the bucket"):
        open_objects(elsewhere).get("x")


def test_cut_answer_is_not_believed(s3_server: S3Server, s3_proxy: Proxy):
    """A body that ends too early is never taken for the object."""
    objects = open_objects(s3_server.location("cut", s3_proxy.endpoint, timeout_s=2.0))
    objects.put("x", [LONG[:100_000]], 100_000)
    s3_proxy.spoil = Spoil.CUT
    with pytest.raises(StorageError):
        objects.get_range("x", 0, 100_000)


@pytest.mark.parametrize(
    "url", ["s3://", "https://bucket/x", "file://host/x", "s3://key:secret@bucket/x", "s3://bucket/x?y=z", "bucket"]
)
def test_url_that_is_no_place_is_refused(url: str):
    """Before anything is sent, and without repeating keys."""
    with pytest.raises(SettingsError, match=r"object_storage\.url") as caught:
        open_objects(Location(url))
    assert "secret" not in str(caught.value)


def test_missing_package_is_told(monkeypatch: pytest.MonkeyPatch):
    """Without obstore the error says what to install."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(SettingsError, match=r"pip install 'logstore\[s3\]'"):
        open_objects(Location("s3://bucket/prefix"))

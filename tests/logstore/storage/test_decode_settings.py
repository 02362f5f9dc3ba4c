"""Decode settings: durable before anything refers to them, and never other ones than those that were meant."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from logstore.errors import CorruptionError, StorageError
from logstore.storage.decode_settings import keep_settings, load_settings, settings_id
from logstore.storage.directory import PosixDirectory
from logstore.storage.layout import decode_settings_name
from logstore.storage.publish import Publisher
from logstore.storage.read_only import open_read_only
from tests.logstore.storage.faulty_directory import Fault, FaultyDirectory
from tests.logstore.storage.lines import DOCUMENT, LineDecoder, chunk, ids, lines
from tests.logstore.storage.sender import kill, open_store

OTHER = b'{"lines": 2}\n'


def file_of(path: Path, document: bytes) -> Path:
    """Where a document is kept in the data directory at `path`."""
    return path / decode_settings_name(settings_id(document))


def leave_log(path: Path, *documents: bytes) -> None:
    """A data directory with an event in its log for each of these settings, by servers that were killed."""
    directory = FaultyDirectory(path)
    for number, document in enumerate(documents):
        store = open_store(directory, document)
        store.submit(chunk(lines([number]), settings=store.decode_settings)).result(10)
        kill(directory, store)
        directory.revive()


def found(path: Path, document: bytes) -> list[str]:
    """The events that a server with these settings finds."""
    store = open_store(FaultyDirectory(path), document)
    with store.snapshot() as snapshot:
        names = ids(snapshot)
    store.close()
    return names


def shorten(file: Path) -> None:
    """Damages a file."""
    file.write_bytes(file.read_bytes()[:-2])


DAMAGES = pytest.mark.parametrize("damage", [Path.unlink, shorten])


def test_ids_and_files_are_for_ever():
    """The id of a document is part of the format: what was written under it must be found again."""
    assert settings_id(b"{}\n") == 0xD3FBFA362912F6
    assert decode_settings_name(0x2A) == "decode-settings/0000000000002a.json"


def test_each_entry_is_decoded_by_the_settings_that_it_came_in_with(tmp_path):
    """After changes of settings the decoder has all that the log refers to, and every document is kept as it was."""
    leave_log(tmp_path, DOCUMENT, OTHER, DOCUMENT)
    assert len(list((tmp_path / "decode-settings").iterdir())) == 2
    assert file_of(tmp_path, OTHER).read_bytes() == OTHER
    reader = open_read_only(str(tmp_path), LineDecoder)
    with reader.snapshot() as snapshot:
        assert ids(snapshot) == ["0", "1", "2"]
    reader.close()
    assert found(tmp_path, b"third") == ["0", "1", "2"]


@DAMAGES
def test_settings_that_the_log_needs_are_not_guessed(tmp_path, damage):
    """Without them neither a server nor a reader opens the directory; both say which file it is and what to do."""
    leave_log(tmp_path, DOCUMENT)
    damage(file_of(tmp_path, DOCUMENT))
    with pytest.raises(CorruptionError, match="start the server once with") as caught:
        open_store(FaultyDirectory(tmp_path), OTHER)
    assert caught.value.path == str(file_of(tmp_path, DOCUMENT))
    with pytest.raises(CorruptionError, match=r"\[decode\] settings"):
        open_read_only(str(tmp_path), LineDecoder)


@DAMAGES
def test_lost_settings_come_back_with_a_server_that_has_them(tmp_path, damage):
    """As the remedy says: starting with the settings of then is enough, and nothing is lost by the refusal before."""
    leave_log(tmp_path, DOCUMENT)
    damage(file_of(tmp_path, DOCUMENT))
    with pytest.raises(CorruptionError):
        open_store(FaultyDirectory(tmp_path), OTHER)
    assert found(tmp_path, DOCUMENT) == ["0"]
    assert found(tmp_path, OTHER) == ["0"]


def test_settings_that_the_log_does_not_need_may_be_lost(tmp_path):
    """Parts are decoded already: when everything is sealed, no older settings are asked for."""
    leave_log(tmp_path, DOCUMENT)
    assert found(tmp_path, DOCUMENT) == ["0"]
    file_of(tmp_path, DOCUMENT).write_bytes(b"?")
    assert found(tmp_path, OTHER) == ["0"]


def test_a_file_under_the_name_of_another_is_damage(tmp_path):
    """The content has to be what the name says, also when it is a whole document."""
    leave_log(tmp_path, DOCUMENT, OTHER)
    file_of(tmp_path, DOCUMENT).write_bytes(OTHER)
    with pytest.raises(CorruptionError, match="damaged"):
        load_settings(PosixDirectory(tmp_path), [settings_id(DOCUMENT)])


def test_chunks_with_other_settings_are_refused(tmp_path):
    """No entry can come into the log whose settings are not durable."""
    store = open_store(FaultyDirectory(tmp_path), OTHER)
    with pytest.raises(ValueError, match="in force"):
        store.submit(chunk(lines("a"), settings=settings_id(DOCUMENT))).result(10)
    store.submit(chunk(lines("b"), settings=settings_id(OTHER))).result(10)
    with store.snapshot() as snapshot:
        assert ids(snapshot) == ["b"]
    store.close()


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("damage", [None, *DAMAGES.args[1]])
def test_what_was_kept_survives_a_power_failure(tmp_path, fault, damage):
    """For every n: the n-th call of keeping fails and is tried again; what is kept at last is there after a crash."""
    for number in itertools.count(1):
        directory = FaultyDirectory(tmp_path / str(number), seed=number)
        if damage is not None:
            keep_settings(directory, Publisher(directory), DOCUMENT)
            damage(file_of(tmp_path / str(number), DOCUMENT))
            directory = FaultyDirectory(tmp_path / str(number), seed=number)
        directory.fail_later(number - 1, fault)
        try:
            keep_settings(directory, Publisher(directory), DOCUMENT)
        except StorageError:
            directory.revive()
            keep_settings(directory, Publisher(directory), DOCUMENT)
        else:
            break
        found = directory.crash()
        assert load_settings(found, [settings_id(DOCUMENT)]) == {settings_id(DOCUMENT): DOCUMENT}
    assert number > 5


@pytest.mark.parametrize("seed", range(20))
def test_what_is_found_is_made_durable(tmp_path, seed):
    """A file that its writer did not live to sync is durable once a later server relies on it."""
    sound = FaultyDirectory(tmp_path / "sound")
    keep_settings(sound, Publisher(sound), DOCUMENT)
    for calls in range(len(sound.calls)):
        directory = FaultyDirectory(tmp_path / str(calls), seed)
        directory.fail_later(calls, Fault.CRASH)
        with pytest.raises(StorageError):
            keep_settings(directory, Publisher(directory), DOCUMENT)
        directory.revive()
        keep_settings(directory, Publisher(directory), DOCUMENT)
        assert load_settings(directory.crash(), [settings_id(DOCUMENT)])

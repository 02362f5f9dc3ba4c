"""The format file: what kind of directory this is, and by which version of its layout."""

from __future__ import annotations

from pathlib import Path

from logstore.errors import CorruptionError, SettingsError
from logstore.storage.directory import Directory, MissingFileError
from logstore.storage.layout import CATALOG_FILE, FORMAT_FILE, RESTORING_FILE
from logstore.storage.publish import Publisher

VERSION = 1
_CONTENT = f"logstore {VERSION}\n".encode()


def claim(directory: Directory, publisher: Publisher) -> None:
    """Marks a new data directory as ours, and checks one that is there already.

    Raises:
        CorruptionError: it is of another version, or none of ours.
    """
    check_restored(directory)
    if directory.exists(FORMAT_FILE):
        check(directory)
    else:
        publisher.publish(FORMAT_FILE, [_CONTENT])


def check(directory: Directory) -> None:
    """Checks a data directory.

    Raises:
        MissingFileError: there is none.
        CorruptionError: it is of another version, or none of ours.
    """
    check_restored(directory)
    try:
        content = directory.read(FORMAT_FILE)
    except MissingFileError as error:
        raise MissingFileError(f"{directory.path('')} is no data directory of Logstore", "check --data DIR") from error
    if content != _CONTENT:
        raise CorruptionError(
            f"the format is {content[:40]!r}, this version reads {_CONTENT!r}",
            directory.path(FORMAT_FILE),
            remedy="start the version of Logstore that wrote this directory",
        )


def refuse_inside(path: Path) -> None:
    """Refuses a place for other things that is a data directory or lies in one: the server would find what it holds.

    Raises:
        SettingsError: it does.
    """
    place = path.resolve()
    for folder in (place, *place.parents):
        if all((folder / name).is_file() for name in (FORMAT_FILE, CATALOG_FILE)):
            where = "is" if folder == place else "is in"
            raise SettingsError(f"{path} {where} the data directory {folder}", "name a directory elsewhere")


def check_restored(directory: Directory) -> None:
    """Refuses a directory of which a restore did not end.

    Raises:
        CorruptionError: it is one.
    """
    if directory.exists(RESTORING_FILE):
        raise CorruptionError(
            "the restore of a backup into this directory did not end",
            directory.path(RESTORING_FILE),
            remedy="run it again, or empty the directory",
        )

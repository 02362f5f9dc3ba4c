"""`logstore backup` and `logstore restore`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from logstore.app.cli.output import write
from logstore.app.cli.progress import growing_bar
from logstore.app.formats.texts import times
from logstore.app.object_storage import opener, parts_of
from logstore.clock import SystemClock
from logstore.errors import SettingsError, WorldError
from logstore.storage.backup.manifest import Manifest
from logstore.storage.backup.places import open_target
from logstore.storage.backup.restore import restore_directory, restore_parts
from logstore.storage.backup.shelf import BackupShelf
from logstore.storage.backup.take import take_backup
from logstore.storage.backup.target import Target
from logstore.storage.directory import PosixDirectory

_RENEW = "with --discard what is damaged is removed, and the next backup copies it anew"


def run_make(place: str, data: Path, config: Path | None, keep: int | None, *, is_json: bool) -> None:
    """Makes a backup, then removes older ones.

    Raises:
        WorldError: it was not made, or something in it is damaged.
    """
    target = _target(place, config)
    objects = parts_of(config, os.environ)
    with growing_bar("backing up") as bar:
        taken = take_backup(PosixDirectory(data), target, SystemClock(), bar, objects)
    removed: list[str] = []
    if keep is not None:
        with target.lock():
            removed, _ = BackupShelf(target).prune(keep)
    told = _told(taken.manifest) | {"new_files": taken.new_files, "new_bytes": taken.new_bytes, "removed": removed}
    if is_json:
        _write_json(told)
    else:
        manifest = taken.manifest
        whole = f"{len(manifest.files):,} files of {manifest.size:,} bytes"
        write(f"backup {manifest.ident}: {whole}, of which {taken.new_bytes:,} bytes were copied\n".encode())
        write("".join(f"removed {ident}\n" for ident in removed).encode())
    if taken.manifest.lacking:
        names = "".join(f"\n  {name}: {why}" for name, why in sorted(taken.manifest.lacking.items()))
        raise WorldError(
            f"the backup lacks what is damaged or missing and in no older backup:{names}",
            "the backup is good for all the rest",
        )


def run_list(place: str, config: Path | None, *, is_json: bool) -> None:
    """Lists backups."""
    for manifest in BackupShelf(_target(place, config)).newest_first():
        if is_json:
            _write_json(_told(manifest))
        else:
            lacks = f", lacks {len(manifest.lacking):,}" if manifest.lacking else ""
            files = f"{len(manifest.files):,} files, {manifest.size:,} bytes"
            write(f"{manifest.ident}  {_time(manifest.made_ns)}  {files}{lacks}\n".encode())


def run_verify(place: str, config: Path | None, ident: str | None, *, is_discarding: bool, is_json: bool) -> None:
    """Checks backups.

    Raises:
        WorldError: something is damaged.
    """
    target = _target(place, config)
    shelf = BackupShelf(target)
    idents = [shelf.choose(ident).ident] if ident is not None else shelf.idents()
    with growing_bar("reading") as bar:
        faults = list(shelf.check(idents, bar))
    for fault in faults:
        if is_json:
            _write_json({"backup": fault.backup, "name": fault.name, "what": fault.what})
        else:
            write(f"{fault.backup}: {fault.name}: {fault.what}\n".encode())
    if is_discarding:
        with target.lock():
            for key in {fault.key for fault in faults}:
                target.delete(key)
    if faults:
        backups = len({fault.backup for fault in faults})
        raise WorldError(f"{backups:,} of {len(idents):,} backups are damaged", _RENEW)
    if not is_json:
        count = "the backup is" if len(idents) == 1 else f"{len(idents):,} backups are"
        write(f"{count} sound\n".encode())


def run_restore(
    place: str, directory: Path, config: Path | None, ident: str | None, parts: tuple[str, ...], *, is_damaged: bool
) -> None:
    """Restores a directory, or parts of one.

    Raises:
        SettingsError: options contradict each other.
        WorldError: some parts could not be brought back.
    """
    shelf = BackupShelf(_target(place, config))
    if not parts and not is_damaged:
        manifest = shelf.choose(ident)
        with growing_bar("restoring") as bar:
            restore_directory(shelf, manifest, PosixDirectory(directory), bar)
        write(f"{directory} is the store of {_time(manifest.made_ns)}, {len(manifest.files):,} files\n".encode())
        for name, why in sorted(manifest.lacking.items()):
            print(f"the backup lacks {name}: {why}", file=sys.stderr)  # noqa: T201 (a command line talks)
        return
    if ident is not None:
        raise SettingsError("--at does not go with parts", "they come from the newest backup that has them")
    with growing_bar("restoring") as bar:
        wanted = None if is_damaged else parts
        returned = restore_parts(shelf, PosixDirectory(directory), SystemClock(), wanted, bar)
    for name in returned.parts:
        write(f"{name} is back; a running server shows it within a minute\n".encode())
    if returned.failed:
        failed = "".join(f"\n  {name}: {why}" for name, why in sorted(returned.failed.items()))
        raise WorldError(f"some parts could not be brought back:{failed}")


def _target(place: str, config: Path | None) -> Target:
    return open_target(place, opener(config, os.environ))


def _told(manifest: Manifest) -> dict[str, Any]:
    return {
        "id": manifest.ident,
        "made": _time(manifest.made_ns),
        "generation": manifest.generation,
        "files": len(manifest.files),
        "bytes": manifest.size,
        "lacking": manifest.lacking,
    }


def _time(time_ns: int) -> str:
    text: str = times(pa.array([time_ns]))[0].as_py()
    return text


def _write_json(told: dict[str, Any]) -> None:
    write(f"{json.dumps(told)}\n".encode())

"""`logstore verify`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from logstore.app.cli.output import write
from logstore.app.cli.progress import growing_bar
from logstore.clock import SystemClock
from logstore.errors import WorldError
from logstore.storage.directory import PosixDirectory
from logstore.storage.verify.survey import Survey


def run(directory: Path, *, is_deep: bool, is_json: bool) -> None:
    """Looks at a data directory, and writes what is wrong as it is found.

    Raises:
        WorldError: something is damaged.
    """
    faults = 0
    with growing_bar("verifying") as bar:
        survey = Survey(PosixDirectory(directory), SystemClock(), bar, is_deep=is_deep)
        for fault in survey.faults():
            faults += 1
            if is_json:
                write(f"{json.dumps(dataclasses.asdict(fault))}\n".encode())
            else:
                where = fault.name if fault.offset is None else f"{fault.name} at byte {fault.offset:,}"
                write(f"{fault.kind}: {where}: {fault.what}\n    {fault.remedy}\n".encode())
    done = survey.surveyed
    if is_json:
        write(f"{json.dumps({'faults': faults, **dataclasses.asdict(done)})}\n".encode())
    elif not faults:
        events = f"{done.log_entries:,} chunks in the log"
        write(f"{directory} is sound: {done.files:,} files of {done.bytes:,} bytes, {events}\n".encode())
        if done.away:
            write(f"not looked at: {done.away:,} parts that are in object storage only\n".encode())
    if faults:
        raise WorldError(f"{directory} has {faults:,} {'fault' if faults == 1 else 'faults'}", "each says what to do")

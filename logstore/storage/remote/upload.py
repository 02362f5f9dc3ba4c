"""The chore that copies parts and their indexes into object storage.

The catalog says what may be there before it is sent, and that it is there when it was verified: a crash at any time
leaves nothing in the store that nobody knows of, and nothing is believed to be there that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, wait
from dataclasses import dataclass, replace

from logstore.clock import Clock
from logstore.errors import CorruptionError, StorageError, WorldError
from logstore.model.snapshot import Part, Remote, Snapshot
from logstore.model.timespan import NS_PER_SECOND
from logstore.storage.catalog.records import Catalog, RemoteFile
from logstore.storage.directory import Directory
from logstore.storage.head import Head
from logstore.storage.layout import part_written_ns
from logstore.storage.pieces import pieces_of
from logstore.storage.remote.cache import Cache, RemotePart
from logstore.storage.remote.claim import Claim
from logstore.storage.remote.content import Passing, check_stored
from logstore.storage.remote.objects import Objects
from logstore.storage.remote.settings import RemoteRules
from logstore.storage.remote.upload_plan import Upload, plan_uploads
from logstore.storage.remote.workers import Workers
from logstore.storage.removal import Removals
from logstore.storage.verify.reading import CheckedParts

_LOOK_S = 2.0
"""How often to look for new parts when nothing else is due. Longer uploads them later."""
_CLOSE_LOOK_S = 0.2
"""How often to look whether the server is to end."""
_FIRST_WORD_S = 1.0
"""When to speak with the store for the first time after the start, so that an operator hears early what is wrong."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 30.0, 3600.0
"""Pauses of a file that could not be uploaded, from the first failure on; others go on meanwhile."""


@dataclass(frozen=True, slots=True)
class UploadServices:
    """What uploading works with; `is_closing` tells that a long upload should end early."""

    objects: Objects
    directory: Directory
    catalog: Catalog
    head: Head
    removals: Removals
    cache: Cache
    claim: Claim
    clock: Clock
    is_closing: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class UploadCounters:
    """What was uploaded since the store was opened, and what waits.

    Attributes:
        files, bytes: files that were uploaded and verified.
        failures: files that could not be.
        duration_ns: time that uploads took, several at a time counted once.
        waiting_parts, waiting_bytes: what is not in object storage, due or not.
        oldest_due_ns: when the first of it was or will be due, UTC nanoseconds; None when nothing waits.
    """

    files: int = 0
    bytes: int = 0
    failures: int = 0
    duration_ns: int = 0
    waiting_parts: int = 0
    waiting_bytes: int = 0
    oldest_due_ns: int | None = None


class UploadChore:
    """Uploads parts when they are old enough; see `Chore`."""

    def __init__(self, services: UploadServices, rules: RemoteRules) -> None:
        self._services = services
        self._rules = rules
        self._root = services.directory.path("").rstrip("/") + "/"
        self._stored = {file.name: file.bytes for file in services.catalog.remote_files()}
        self._first_word_ns = services.clock.monotonic_ns() + int(_FIRST_WORD_S * NS_PER_SECOND)
        self._planned_for: tuple[Part, ...] | None = None
        self._plan: tuple[Upload, ...] = ()
        self._written_ns: dict[str, int] = {}
        """When the parts were written, UTC nanoseconds, by path."""
        self._failures: dict[str, tuple[int, int]] = {}
        """Failures in a row of a part, and monotonic time until when it rests, by path."""
        self._counters = UploadCounters()
        self._workers = Workers(rules.transfers, "logstore-upload")

    @property
    def name(self) -> str:
        """See `Chore`."""
        return "upload"

    @property
    def counters(self) -> UploadCounters:
        """What was uploaded, and what waited at the last look."""
        plan = self._plan
        return replace(
            self._counters,
            waiting_parts=len(plan),
            waiting_bytes=sum(one.bytes for one in plan),
            oldest_due_ns=plan[0].due_ns if plan else None,
        )

    def due_s(self) -> float | None:
        """Seconds until an upload is due, or the first word with the store."""
        wait_s = min((self._wait_s(upload) for upload in self._planned()), default=_LOOK_S)
        if self._services.claim.is_ours:
            return wait_s
        first_s = (self._first_word_ns - self._services.clock.monotonic_ns()) / NS_PER_SECOND
        return max(0.0, min(wait_s, first_s))

    def work(self) -> None:
        """Uploads a few parts at the same time.

        Raises:
            WorldError: one of them failed; those that did not are there.
        """
        self._services.claim.ensure()
        due = [upload for upload in self._planned() if not self._wait_s(upload)][: self._rules.transfers]
        started_ns = self._services.clock.monotonic_ns()
        # A part that is rewritten meanwhile keeps its files until this is over.
        with self._services.removals.pinned():
            errors = self._upload(self._still_listed(due)) if due else []
        passed_ns = self._services.clock.monotonic_ns() - started_ns
        self._counters = replace(self._counters, duration_ns=self._counters.duration_ns + passed_ns)
        self._planned_for = None
        if errors:
            raise errors[0]

    def _planned(self) -> tuple[Upload, ...]:
        parts = self._services.head.latest.parts
        if parts is not self._planned_for:
            now_ns = self._services.clock.now_ns()
            # A clock that was set back must not put uploads off: what is here was written by now.
            self._written_ns = {
                part.path: min(part_written_ns(part.path) or 0, self._written_ns.get(part.path, now_ns))
                for part in parts
            }
            after_ns = int(self._rules.upload_after_s * NS_PER_SECOND)
            self._plan = plan_uploads(parts, self._root, self._stored, self._written_ns, after_ns)
            self._planned_for = parts
        return self._plan

    def _wait_s(self, upload: Upload) -> float:
        clock = self._services.clock
        wait_s = (upload.due_ns - clock.now_ns()) / NS_PER_SECOND
        _, resting_until_ns = self._failures.get(upload.part.path, (0, 0))
        rest_s = (resting_until_ns - clock.monotonic_ns()) / NS_PER_SECOND if resting_until_ns else 0
        return max(wait_s, rest_s, 0)

    def _still_listed(self, due: Sequence[Upload]) -> list[Upload]:
        listed = {part.path for part in self._services.head.latest.parts}
        return [upload for upload in due if upload.part.path in listed]

    def _upload(self, uploads: Sequence[Upload]) -> list[WorldError]:
        """Uploads all that can be, and tells why not the others."""
        services = self._services
        services.catalog.begin_uploads([name for one in uploads for name in one.files], services.clock.now_ns())
        futures = [(upload, self._workers.submit(self._send, upload)) for upload in uploads]
        self._await([future for _, future in futures])
        errors: list[WorldError] = []
        done: list[tuple[Upload, list[RemoteFile]]] = []
        for upload, future in futures:
            try:
                done.append((upload, future.result()))
                self._failures.pop(upload.part.path, None)
            except WorldError as error:
                errors.append(error)
                self._note_failure(upload)
            except CancelledError:
                errors.append(StorageError("uploads ended with the server, the next start goes on"))
        self._finish(done)
        return errors

    def _await(self, futures: Sequence[Future[list[RemoteFile]]]) -> None:
        """Waits for uploads, and not for long when the server is to end.

        Raises:
            StorageError: it is; what was sent meanwhile is sent again.
        """
        pending: set[Future[list[RemoteFile]]] = set(futures)
        while pending:
            _, pending = wait(pending, _CLOSE_LOOK_S)
            if pending and self._services.is_closing():
                self._workers.shutdown()
                if not all(future.done() for future in pending):
                    raise StorageError("uploads were left alone for the end of the server, the next start goes on")
                return

    def _send(self, upload: Upload) -> list[RemoteFile]:
        # What is damaged here must not become the copy that one counts on.
        for _ in CheckedParts(self._services.directory).check_whole(upload.part):
            pass
        return [self._send_file(name, size) for name, size in upload.files.items()]

    def _send_file(self, name: str, size: int) -> RemoteFile:
        services = self._services
        sent = Passing()
        services.objects.put(name, sent.through(self._pieces(name)), size)
        if sent.size != size:
            raise CorruptionError(
                f"the file has {sent.size} bytes, the catalog says {size}",
                services.directory.path(name),
                remedy="restore it from a backup",
            )
        check_stored(services.objects, name, sent)
        return RemoteFile(name, sent.size, sent.crc32c, services.clock.now_ns())

    def _pieces(self, name: str) -> Iterator[bytes]:
        for piece in pieces_of(self._services.directory, name):
            if self._services.is_closing():
                raise StorageError(f"the upload of {name} ended with the server, the next start goes on")
            yield piece

    def _finish(self, done: Sequence[tuple[Upload, list[RemoteFile]]]) -> None:
        """Makes known what is there: to the catalog, to the cache, to snapshots."""
        files = [file for _, found in done for file in found]
        if not files:
            return
        self._services.catalog.end_uploads(files)
        by_path = {self._root + file.name: file for file in files}
        self._stored |= {file.name: file.bytes for file in files}
        self._counters = replace(
            self._counters,
            files=self._counters.files + len(files),
            bytes=self._counters.bytes + sum(file.bytes for file in files),
        )

        def mark(snapshot: Snapshot) -> Snapshot:
            return replace(snapshot, parts=tuple(_marked(part, by_path.get(part.path)) for part in snapshot.parts))

        self._services.head.change_parts(mark)
        parts = [(upload.part, by_path.get(upload.part.path)) for upload, _ in done]
        self._services.cache.add(
            [RemotePart(file.name, file.bytes, file.crc32c, part.time_max_ns) for part, file in parts if file],
            is_local=self._services.directory.exists,
        )

    def _note_failure(self, upload: Upload) -> None:
        failures = self._failures.get(upload.part.path, (0, 0))[0] + 1
        pause_s = min(_FIRST_PAUSE_S * 2 ** min(failures - 1, 16), _LONGEST_PAUSE_S)
        until_ns = self._services.clock.monotonic_ns() + int(pause_s * NS_PER_SECOND)
        self._failures[upload.part.path] = (failures, until_ns)
        self._counters = replace(self._counters, failures=self._counters.failures + 1)

    def close(self) -> None:
        """Ends the threads."""
        self._workers.shutdown(wait=False)

    def forget(self, names: Sequence[str]) -> None:
        """Files are not in object storage any more."""
        for name in names:
            self._stored.pop(name, None)


def _marked(part: Part, file: RemoteFile | None) -> Part:
    return part if file is None else replace(part, remote=Remote(file.crc32c, file.stored_ns))

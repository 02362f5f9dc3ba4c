"""The list of live parts for other engines, version 1: which files hold which events, as JSON.

Who reads all files under `parts/` may count an event twice: parts that were merged stay for a while beside the part
that they became. Who reads the files that are listed here counts each event once. Parts whose files are in object
storage only stand apart, so that nobody looks for them here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import orjson

from logstore.model.snapshot import Deletion, Part, Snapshot

VERSION = 1


def encode_parts_list(sealed: Snapshot, away: Collection[str], root: str, now_ns: int) -> bytes:
    """The list as the bytes of its file: a line for each part, so that people can read it too.

    Args:
        sealed: the parts, and `seq` up to which every event is in one of them.
        away: names of those whose files are in object storage only.
        root: the data directory; paths are relative to it.
        now_ns: when.
    """
    here = [part for part in sealed.parts if relative(part.path, root) not in away]
    remote = [part for part in sealed.parts if relative(part.path, root) in away]
    about = {
        "version": VERSION,
        "seq": sealed.seq,
        "written_ns": now_ns,
        "rows": sum(part.rows for part in here),
        "remote_rows": sum(part.rows for part in remote),
        "deletions": len(sealed.deletions),
    }
    lists = _lines(here, sealed, root), _lines(remote, sealed, root)
    return b'%s,"parts":[\n%s\n],"remote":[\n%s\n]}\n' % (orjson.dumps(about)[:-1], *lists)


def _lines(parts: Iterable[Part], sealed: Snapshot, root: str) -> bytes:
    return b",\n".join(orjson.dumps(_told(part, sealed, root)) for part in parts)


def relative(path: str, root: str) -> str:
    """The name in the data directory of a file; a file that lies elsewhere keeps its path."""
    return path.removeprefix(f"{root}/")


def deleted_rows(part: Part) -> int:
    """How many rows of a part are deleted and still in its file, at most: deletions may share rows."""
    return min(part.rows, sum(each.count for each in part.deleted))


def pending_deletions(part: Part, deletions: tuple[Deletion, ...]) -> int:
    """How many deletions may cover rows of a part in which they have not been looked up yet."""
    known = {each.deletion for each in part.deleted}
    return sum(each.number not in known and _may_cover(each, part) for each in deletions)


def _may_cover(deletion: Deletion, part: Part) -> bool:
    is_older = part.seq_min <= deletion.seq
    is_within = deletion.window.overlaps(part.time_min_ns, part.time_max_ns)
    return is_older and is_within and deletion.tenant == part.tenant


def _told(part: Part, sealed: Snapshot, root: str) -> dict[str, Any]:
    return {
        "path": relative(part.path, root),
        "tenant": part.tenant,
        "rows": part.rows,
        "bytes": part.bytes,
        "time_min_ns": part.time_min_ns,
        "time_max_ns": part.time_max_ns,
        "seq_min": part.seq_min,
        "seq_max": part.seq_max,
        "level": part.level,
        "generation": part.generation,
        "deleted_rows": deleted_rows(part),
        "pending_deletions": pending_deletions(part, sealed.deletions),
    }

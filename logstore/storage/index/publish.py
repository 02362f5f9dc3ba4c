"""Putting the word index of a part beside it. A part without one is read more slowly, and nothing else."""

from __future__ import annotations

import logging
from dataclasses import replace

from logstore.errors import StorageError
from logstore.model.snapshot import Part
from logstore.storage.index.build import IndexBuilder
from logstore.storage.layout import index_name
from logstore.storage.publish import Publisher

_log = logging.getLogger(__name__)


def publish_index(publisher: Publisher, part: Part, builder: IndexBuilder) -> Part:
    """Writes the index of a part, which is durable then.

    Args:
        publisher: puts it into the data directory.
        part: whose path is a name in the data directory.
        builder: was given all row groups of the part.

    Raises:
        StorageError: it could not be written; nothing is left of it.
    """
    name = index_name(part.path)
    pieces = builder.finish()
    publisher.publish(name, [b"".join(pieces)])
    return replace(part, index=name, index_bytes=sum(map(len, pieces)))


def with_index(publisher: Publisher, part: Part, builder: IndexBuilder | None) -> Part:
    """Like `publish_index`, for a part that is just written: when its index cannot be, it is made later."""
    if builder is None:
        return part
    try:
        return publish_index(publisher, part, builder)
    except StorageError as error:
        _log.warning("the word index of %s is made later: %s", part.path, error)
        return part

"""The decode settings that log entries refer to: each a document, in a file of its own, under an id made of its bytes.

So an id can never come to mean other settings, a file tells by itself whether it is whole, and a lost one comes back
when a server starts with the same settings. To storage the documents are bytes; the decoder's maker reads them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from hashlib import blake2b

from logstore.errors import CorruptionError
from logstore.storage.directory import Directory, MissingFileError
from logstore.storage.layout import DECODE_SETTINGS, decode_settings_name
from logstore.storage.publish import Publisher

_log = logging.getLogger(__name__)

# So that an id fits into a signed number of 64 bits, wherever it comes to stand. A house has a dozen settings in its
# lifetime; two of them with one id are less likely than a wrong CRC that fits.
_ID_BYTES = 7

_REMEDY = (
    "restore the file from a backup, or start the server once with the [decode] settings that were in force when these "
    "entries came in"
)


def settings_id(document: bytes) -> int:
    """The id of decode settings: BLAKE2b with 56 bits over their document, as a number."""
    return int.from_bytes(blake2b(document, digest_size=_ID_BYTES).digest(), "big")


def keep_settings(directory: Directory, publisher: Publisher, document: bytes) -> int:
    """Makes decode settings durable and returns their id; no entry may refer to them before.

    Raises:
        StorageError: they could not be written.
    """
    number = settings_id(document)
    name = decode_settings_name(number)
    publisher.make_durable(DECODE_SETTINGS)
    if not directory.exists(name):
        publisher.publish(name, [document])
    elif directory.read(name) != document:
        _log.error("%s was damaged and is written anew", directory.path(name))
        publisher.publish(name, [document])
    else:
        # Whoever wrote it may have died before it was durable.
        directory.sync(name)
        directory.sync_directory(DECODE_SETTINGS)
    return number


def load_settings(directory: Directory, numbers: Iterable[int]) -> dict[int, bytes]:
    """The documents with these ids, exactly as they were kept.

    Raises:
        CorruptionError: one is missing or damaged, so that the entries that refer to it would become other rows.
        StorageError: one cannot be read.
    """
    return {number: _load(directory, number) for number in sorted(set(numbers))}


def _load(directory: Directory, number: int) -> bytes:
    name = decode_settings_name(number)
    try:
        document = directory.read(name)
    except MissingFileError as error:
        message = "decode settings that entries of the log refer to are missing"
        raise CorruptionError(message, directory.path(name), remedy=_REMEDY) from error
    if settings_id(document) != number:
        message = "decode settings that entries of the log refer to are damaged"
        raise CorruptionError(message, directory.path(name), remedy=_REMEDY)
    return document

"""Object storage through the library obstore, which speaks S3, and has directories and memory for trying it out."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from logstore.errors import SettingsError, StorageError
from logstore.storage.append_file import Buffer
from logstore.storage.remote.objects import MissingObjectError, ObjectInfo, Objects
from logstore.storage.remote.settings import MULTIPART_BYTES, Location

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig, S3Config

_PIECES_AT_A_TIME = 2
"""Pieces of one object that are under way at a time; each is in memory."""

# An answer of S3 says what is wrong in two elements of its XML. The rest of it is of no use, or tells too much.
_CODE, _SAID = re.compile(r"<Code>([^<]{1,100})</Code>"), re.compile(r"<Message>([^<]{1,300})</Message>")
_MOST_SAID = 300


def open_objects(location: Location) -> Objects:
    """The objects of a store. Nothing is sent yet.

    Raises:
        SettingsError: obstore is not installed, or there cannot be such a store.
    """
    try:
        import obstore  # noqa: F401, PLC0415 - an optional dependency
    except ModuleNotFoundError as error:
        message = "object storage needs the package obstore, which is not installed"
        raise SettingsError(message, "pip install 'logstore[s3]'") from error
    return _ObstoreObjects(_make_store(location), location.url.rstrip("/"))


class _ObstoreObjects:
    """See `Objects`."""

    def __init__(self, store: ObjectStore, where: str) -> None:
        self._store = store
        self._where = where

    @property
    def where(self) -> str:
        return self._where

    def put(self, name: str, pieces: Iterable[Buffer], size: int) -> None:
        import obstore  # noqa: PLC0415 - an optional dependency

        # One request where one suffices; longer ones are never in memory as a whole.
        content = b"".join(pieces) if size <= MULTIPART_BYTES else pieces
        with self._refusals("write", name):
            obstore.put(self._store, name, content, chunk_size=MULTIPART_BYTES, max_concurrency=_PIECES_AT_A_TIME)

    def put_new(self, name: str, content: bytes) -> bool:
        import obstore  # noqa: PLC0415 - an optional dependency
        from obstore.exceptions import AlreadyExistsError  # noqa: PLC0415

        with self._refusals("write", name):
            try:
                obstore.put(self._store, name, content, mode="create")
            except AlreadyExistsError:
                return False
        return True

    def get(self, name: str) -> bytes:
        import obstore  # noqa: PLC0415 - an optional dependency

        with self._refusals("read", name):
            return obstore.get(self._store, name).bytes().to_bytes()

    def get_range(self, name: str, start: int, end: int) -> bytes:
        import obstore  # noqa: PLC0415 - an optional dependency

        with self._refusals("read", name):
            content = obstore.get_range(self._store, name, start=start, end=end).to_bytes()
        if len(content) != end - start:
            raise StorageError(f"{self._at(name)} has {len(content)} bytes from {start} on, not {end - start}")
        return content

    def head(self, name: str) -> ObjectInfo:
        import obstore  # noqa: PLC0415 - an optional dependency

        with self._refusals("look at", name):
            return _info(obstore.head(self._store, name))

    def list(self, folder: str) -> Iterator[ObjectInfo]:
        import obstore  # noqa: PLC0415 - an optional dependency

        with self._refusals("list", folder):
            found = [_info(one) for batch in obstore.list(self._store, folder or None) for one in batch]
        yield from sorted(found, key=lambda one: one.name)

    def delete(self, name: str) -> None:
        import obstore  # noqa: PLC0415 - an optional dependency

        with self._refusals("remove", name), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, name)

    def _at(self, name: str) -> str:
        return f"{self._where}/{name}" if name else self._where

    @contextlib.contextmanager
    def _refusals(self, action: str, name: str) -> Iterator[None]:
        from obstore.exceptions import BaseError  # noqa: PLC0415 - an optional dependency

        try:
            yield
        except (BaseError, OSError) as error:
            kind = MissingObjectError if isinstance(error, FileNotFoundError) else StorageError
            said = _said(str(error))
            raise kind(f"cannot {action} {self._at(name)}: {said}", _hint(said)) from None


def _info(meta: Any) -> ObjectInfo:
    modified_ns = int(meta["last_modified"].timestamp() * 1e9)
    return ObjectInfo(meta["path"], meta["size"], meta["e_tag"], modified_ns)


def _said(text: str) -> str:
    """What a store said was wrong, without what only its programmers want to know."""
    code, said = _CODE.search(text), _SAID.search(text)
    if code is not None:
        return f"{code[1]}: {said[1]}" if said is not None else code[1]
    line = text.partition("\n")[0].strip().rstrip(":")
    # Before it stands what was tried, with its address and all the numbers of its retries.
    return line.partition(" - ")[2][:_MOST_SAID] or line[:_MOST_SAID]


_HINTS = (
    (("NoSuchBucket",), "make the bucket, or check object_storage.url"),
    (("NoSuchKey", "not found"), "it was removed by somebody else"),
    (("SlowDown", "TooManyRequests"), "the store asks for fewer requests; it is tried again"),
    (
        ("SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken", "privileges", "AccessDenied", "credential"),
        "check the keys and what they allow: get, put, list and delete below the prefix",
    ),
    (("error sending request", "timed out", "HTTP error"), "check object_storage.endpoint and the network"),
)


def _hint(said: str) -> str:
    return next((hint for marks, hint in _HINTS if any(mark in said for mark in marks)), "")


def _make_store(location: Location) -> ObjectStore:
    from obstore.store import LocalStore, MemoryStore  # noqa: PLC0415 - an optional dependency

    parts = urlsplit(location.url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        message = "setting object_storage.url: it holds more than a bucket and a prefix"
        raise SettingsError(message, "keys go into the environment, or object_storage.credentials_file")
    if parts.scheme == "s3" and parts.netloc:
        return _make_s3(location, parts.netloc, unquote(parts.path).strip("/"))
    if parts.scheme == "file" and not parts.netloc and len(parts.path) > 1:
        return LocalStore(unquote(parts.path), mkdir=True)
    if parts.scheme == "memory":
        return MemoryStore()
    hint = "write s3://BUCKET/PREFIX, or file:///DIRECTORY for a directory"
    raise SettingsError(f"setting object_storage.url: {location.url!r} is no place for objects", hint)


def _make_s3(location: Location, bucket: str, prefix: str) -> ObjectStore:
    from obstore.exceptions import BaseError  # noqa: PLC0415 - an optional dependency
    from obstore.store import S3Store  # noqa: PLC0415

    try:
        return S3Store(
            bucket,
            prefix=prefix or None,
            config=_s3_config(location),
            client_options=_client_options(location),
            retry_config=_retry_config(location),
        )
    except (BaseError, ValueError) as error:
        raise SettingsError(f"setting object_storage: {_said(str(error))}") from None


def _s3_config(location: Location) -> S3Config:
    config: S3Config = {"virtual_hosted_style_request": location.virtual_hosted}
    if location.region is not None:
        config["region"] = location.region
    if location.endpoint is not None:
        config["endpoint"] = location.endpoint.rstrip("/")
    if location.secrets is not None:
        config["access_key_id"] = location.secrets.key_id
        config["secret_access_key"] = location.secrets.key
        if location.secrets.token is not None:
            config["session_token"] = location.secrets.token
    return config


def _client_options(location: Location) -> ClientConfig:
    options: ClientConfig = {
        "connect_timeout": timedelta(seconds=location.connect_timeout_s),
        "timeout": timedelta(seconds=location.timeout_s),
        # Only where the operator wrote it so.
        "allow_http": (location.endpoint or "").startswith("http://"),
    }
    if location.ca is not None:
        options["root_certificate"] = location.ca
    return options


def _retry_config(location: Location) -> RetryConfig:
    return {"max_retries": location.retries, "retry_timeout": timedelta(seconds=location.retry_time_s)}

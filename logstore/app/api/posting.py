"""What a request to take events says of its body: how it is written, how compressed, under which tag and id.

Only programs may send events. A page in a browser can make requests to this machine too, and some without asking
first, so what such requests carry is refused: the headers that browsers add, and the content types that need no asking.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from ingest.peer import peer_of
from ingest.posts import Post
from logstore.app.api.refusal import RefusalError
from logstore.errors import CallerError
from logstore.model.chunk import Compression, Mode

POST_PARAMETERS: Final = ("tag",)
DEFAULT_TAG: Final = "http"
KEY_HEADER: Final = "Idempotency-Key"

_MODES: Final[Mapping[str, Mode]] = {
    "application/json": Mode.JSON,
    "application/x-ndjson": Mode.JSON,
    "application/ndjson": Mode.JSON,
    "application/jsonl": Mode.JSON,
    "application/x-jsonlines": Mode.JSON,
    "application/jsonlines": Mode.JSON,
    "application/json-seq": Mode.JSON,
    "application/stream+json": Mode.JSON,
    "application/msgpack": Mode.RECORDS,
    "application/x-msgpack": Mode.RECORDS,
    "application/vnd.msgpack": Mode.RECORDS,
}
_COMPRESSIONS: Final[Mapping[str, Compression]] = {
    "": Compression.NONE,
    "identity": Compression.NONE,
    "gzip": Compression.GZIP,
    "x-gzip": Compression.GZIP,
    "zstd": Compression.ZSTD,
}
_TYPE_HINT: Final = (
    "JSON, one event a line or in an array: curl -H 'Content-Type: application/x-ndjson' --data-binary @FILE; "
    "msgpack: application/msgpack"
)
_MOST_TAG_BYTES: Final = 1024
_MOST_KEY_BYTES: Final = 255


def read_post(request: web.Request) -> Post:
    """What the request says of its body.

    Raises:
        RefusalError: it cannot be taken.
        CallerError: a parameter is wrong.
    """
    _refuse_pages(request)
    return Post(
        mode=_mode(request),
        compression=_compression(request),
        tag=_tag(request),
        key=_key(request),
        peer=peer_of(request.transport.get_extra_info("peername") if request.transport else None).name,
        declared_bytes=request.content_length,
    )


def _refuse_pages(request: web.Request) -> None:
    if "Origin" in request.headers or request.headers.get("Sec-Fetch-Site", "none") != "none":
        raise RefusalError(403, "events are taken from programs, not from pages in a browser")


def _mode(request: web.Request) -> Mode:
    if "Content-Type" not in request.headers:
        raise RefusalError(415, "the request has no Content-Type", _TYPE_HINT)
    mode = _MODES.get(request.content_type)
    if mode is None:
        raise RefusalError(415, f"a body of the type {request.content_type} is not understood", _TYPE_HINT)
    if (request.charset or "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
        raise RefusalError(415, f"the body is in {request.charset}", "JSON is in UTF-8")
    return mode


def _compression(request: web.Request) -> Compression:
    name = request.headers.get("Content-Encoding", "").strip().lower()
    if name not in _COMPRESSIONS:
        hint = "compress the body with gzip or zstd, or not at all"
        raise RefusalError(415, f"the encoding {name} is not understood", hint, {"Accept-Encoding": "gzip, zstd"})
    return _COMPRESSIONS[name]


def _tag(request: web.Request) -> str:
    for name in request.query:
        if name not in POST_PARAMETERS:
            close = difflib.get_close_matches(name, POST_PARAMETERS, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(POST_PARAMETERS)}"
            raise CallerError(f"unknown parameter {name!r}", hint)
    tags = request.query.getall("tag", [DEFAULT_TAG])
    if len(tags) > 1:
        raise CallerError("the parameter tag is given twice")
    if not 0 < len(tags[0].encode("utf-8", "surrogateescape")) <= _MOST_TAG_BYTES:
        raise CallerError(f"the tag must have 1 to {_MOST_TAG_BYTES} bytes")
    try:
        tags[0].encode()
    except UnicodeEncodeError as error:
        raise CallerError("the tag is not UTF-8") from error
    return tags[0]


def _key(request: web.Request) -> bytes | None:
    keys = request.headers.getall(KEY_HEADER, [])
    if not keys:
        return None
    key = keys[0].encode("utf-8", "surrogateescape")
    if len(keys) > 1 or not 0 < len(key) <= _MOST_KEY_BYTES:
        raise CallerError(f"there must be one {KEY_HEADER} of 1 to {_MOST_KEY_BYTES} bytes")
    return key

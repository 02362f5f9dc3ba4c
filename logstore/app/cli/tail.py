"""`logstore tail`."""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Callable
from contextlib import suppress

from logstore.app.cli.http import Request, send
from logstore.app.cli.output import wants_colour, write
from logstore.app.formats.event_line import EventLayout, event_line
from logstore.app.formats.terminal import safe
from logstore.errors import WorldError
from logstore.model.schema import MESSAGE

# Tags come one by one: padding to the widest so far would make lines wander.
_TAG_WIDTH = 16


def run(text: str, server: str, output: str | None) -> None:
    """Prints events until Ctrl-C, which is the ordinary end."""
    render = _renderer(output or ("table" if sys.stdout.isatty() else "jsonl"))
    response = send(server, Request("/api/v1/tail", {"query": text}), timeout_s=None)
    with suppress(KeyboardInterrupt):
        for line in _lines(response):
            if line.strip():
                write(render(line))
        raise WorldError("the server ended the tail", "it was probably stopped")


def _lines(response: http.client.HTTPResponse) -> http.client.HTTPResponse:
    """The response as an iterable of lines."""
    return response


def _renderer(output: str) -> Callable[[bytes], bytes]:
    if output == "jsonl":
        return bytes
    return _raw if output == "raw" else _table


def _raw(line: bytes) -> bytes:
    message = str(json.loads(line).get(MESSAGE, ""))
    return ((safe(message, keep="\n\t") if sys.stdout.isatty() else message) + "\n").encode()


def _table(line: bytes) -> bytes:
    layout = EventLayout(wants_colour(), _TAG_WIDTH)
    event = ((name, _text(value)) for name, value in json.loads(line).items())
    return (event_line(event, layout) + "\n").encode()


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

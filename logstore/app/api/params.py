"""Parameters of a request, wherever they stand: in the query string, in a form, or in a JSON body."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from logstore.app.window import WindowRequest
from logstore.errors import CallerError

WINDOW_PARAMETERS = ("since", "from", "to", "all")
_COUNT = re.compile("[0-9]{1,19}")
_TRUE = frozenset({"true", "1", "yes", ""})
_FALSE = frozenset({"false", "0", "no"})


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one request, all as text."""

    values: Mapping[str, str]

    def required(self, name: str) -> str:
        """A parameter that must be there."""
        if name not in self.values:
            raise CallerError(f"the parameter {name} is missing")
        return self.values[name]

    def flag(self, name: str) -> bool:
        """A parameter that is on or off; off when it is not there."""
        value = self.values.get(name, "false").lower()
        if value not in _TRUE | _FALSE:
            raise CallerError(f"{name} is neither true nor false: {value!r}")
        return value in _TRUE

    def count(self, name: str, least: Literal[0, 1] = 1) -> int | None:
        """A parameter that is a whole number above 0, or with `least` 0 from there on; None when it is not there."""
        value = self.values.get(name)
        if value is None:
            return None
        # Python refuses to read thousands of digits, with an error that is none of ours.
        if not _COUNT.fullmatch(value) or not least <= int(value) < 2**63:
            wanted = "above 0" if least else "of 0 or more"
            raise CallerError(f"{name} is not a whole number {wanted}: {value!r}")
        return int(value)

    def window(self) -> WindowRequest:
        """What was said about the window."""
        get = self.values.get
        return WindowRequest(get("since"), get("from"), get("to"), self.flag("all"))


async def read_parameters(request: web.Request, known: Iterable[str]) -> Parameters:
    """The parameters of a request.

    Raises:
        CallerError: an unknown or repeated parameter, or a body that is neither a form nor a JSON object.
    """
    values: dict[str, str] = {}
    _gather(values, request.query.items(), known)
    if request.can_read_body:
        _gather(values, await _body(request), known)
    return Parameters(values)


async def _body(request: web.Request) -> Iterable[tuple[str, str]]:
    if "Content-Encoding" in request.headers:
        raise CallerError("the body of a question is compressed", "send it as it is")
    if request.content_type == "application/json":
        return _members(await request.read()).items()
    if request.content_type == "application/x-www-form-urlencoded":
        form = await request.post()
        return [(name, value) for name, value in form.items() if isinstance(value, str)]
    raise CallerError(
        f"the body is {request.content_type}", "send a form (application/x-www-form-urlencoded) or application/json"
    )


def _members(body: bytes) -> dict[str, str]:
    try:
        members = json.loads(body)
    except ValueError as error:
        raise CallerError(f"the body is not JSON: {error}") from error
    except RecursionError as error:
        raise CallerError("the body is JSON nested too deep to be read") from error
    if not isinstance(members, dict):
        raise CallerError("the body is JSON, but not an object")
    return {name: _text(name, value) for name, value in members.items() if value is not None}


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise CallerError(f"{name} is neither text nor a whole number")


def _gather(values: dict[str, str], given: Iterable[tuple[str, str]], known: Iterable[str]) -> None:
    names = list(known)
    for name, value in given:
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(names)}"
            raise CallerError(f"unknown parameter {name!r}", hint)
        if name in values:
            raise CallerError(f"the parameter {name} is given twice")
        values[name] = _whole(name, value)


def _whole(name: str, value: str) -> str:
    """JSON can say half of a character, which nothing that is stored is, and no answer could quote."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        hint = r"send UTF-8; what JSON writes as two \u escapes needs both"
        raise CallerError(f"{name} has half a character at {error.start}", hint) from error
    return value

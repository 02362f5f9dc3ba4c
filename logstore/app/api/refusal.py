"""A request that is refused by a status of its own, before anything is done with it."""

from __future__ import annotations

from collections.abc import Mapping

from logstore.errors import CallerError


class RefusalError(CallerError):
    """The request cannot be taken; `status` says why in HTTP's words, the message in ours.

    Args:
        status: of the response.
        message: what is wrong.
        hint: what to do instead.
        headers: of the response.
    """

    def __init__(self, status: int, message: str, hint: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message, hint)
        self.status = status
        self.headers = dict(headers or {})

"""The HTTP listener: binds, serves an application, and ends in order."""

from __future__ import annotations

import logging
import socket
from types import TracebackType
from typing import Self

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from logstore.errors import WorldError

log = logging.getLogger(__name__)

# Longest request line: a query of the greatest length, its characters percent-encoded.
_MAX_LINE_BYTES = 256 * 1024
# Answers that are still streaming when the server stops get this long.
_SHUTDOWN_TIMEOUT_S = 5.0


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether an error is worth a line. Bytes that are no HTTP, such as a scanner's, are answered with 400; no bug."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


log.addFilter(_is_ours)


class HttpServer:
    """Listens while it is entered: `async with HttpServer(...) as server`."""

    def __init__(self, application: web.Application, host: str, port: int) -> None:
        # Without handler_cancellation a query would go on after its asker has left.
        self._runner = web.AppRunner(
            application,
            logger=log,
            access_log=None,
            handler_cancellation=True,
            max_line_size=_MAX_LINE_BYTES,
            shutdown_timeout=_SHUTDOWN_TIMEOUT_S,
            # Bodies with events are stored as they come, and inflated where they are decoded.
            auto_decompress=False,
        )
        self._host, self._port = host, port

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are listened on (of several, the first)."""
        host, port = self._runner.addresses[0][:2]
        return host, port

    async def __aenter__(self) -> Self:
        """Binds and starts to serve.

        Raises:
            WorldError: the address cannot be had.
        """
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except (OSError, socket.gaierror) as error:
            await self._runner.cleanup()
            raise WorldError(
                f"cannot listen on {self._host}:{self._port}: {error.strerror or error}",
                "stop the program that listens there, or choose another address with --http HOST:PORT",
            ) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops listening and ends what is open."""
        await self._runner.cleanup()

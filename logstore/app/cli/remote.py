"""An answer that comes from a server, as an Arrow stream over HTTP."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from logstore.app.cli.http import ANSWER_TIMEOUT_S, Request, error_of, send
from logstore.app.facts import ERROR_KEY, METADATA_KEY, Facts
from logstore.app.formats.rows import Shape, shape_of
from logstore.errors import WorldError


class RemoteAnswer:
    """The answer to a request of a server, in any format; see `logstore.app.answers.Answer`."""

    def __init__(self, server: str, request: Request, timeout_s: float | None = ANSWER_TIMEOUT_S) -> None:
        self._response = send(server, replace(request, body={**request.body, "format": "arrow"}), timeout_s)
        self._stream = pa.ipc.open_stream(self._response)
        self._facts = Facts()

    @property
    def shape(self) -> Shape:
        """The columns of every batch."""
        return shape_of(self._stream.schema)

    @property
    def is_partial(self) -> bool:
        """Whether the server said so; known after the last row."""
        return self._facts.partial is not None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, as they arrive.

        Raises:
            LogstoreError: the query failed on the way, or the connection broke.
        """
        while True:
            batch, metadata = self._next()
            if metadata is not None:
                self._finish(dict(metadata))
                return
            yield batch

    def facts(self) -> Facts:
        """What the server said after the last row."""
        return self._facts

    def close(self) -> None:
        """Reads no further, which ends the query at the server."""
        self._response.close()

    def _next(self) -> tuple[pa.RecordBatch, pa.KeyValueMetadata | None]:
        try:
            batch, metadata = self._stream.read_next_batch_with_custom_metadata()
        except (StopIteration, OSError, pa.ArrowInvalid, http.client.HTTPException) as error:
            raise WorldError("the connection to the server broke before the answer was whole") from error
        return batch, metadata

    def _finish(self, metadata: dict[bytes, bytes]) -> None:
        if ERROR_KEY in metadata:
            told = json.loads(metadata[ERROR_KEY])
            raise error_of(told["status"], told)
        self._facts = Facts.from_json(metadata[METADATA_KEY])

"""`logstore explain`."""

from __future__ import annotations

from logstore.app.cli.asking import Asked, DirectoryTarget, ServerTarget
from logstore.app.cli.output import write


def run(asked: Asked, target: ServerTarget | DirectoryTarget, *, is_analyzed: bool) -> None:
    """Prints the explanation, with what answering takes if it is to be analyzed."""
    if isinstance(target, ServerTarget):
        from logstore.app.cli.http import Request, send  # noqa: PLC0415 (one of the two is needed, both are slow)

        body = asked.as_explain_request(is_analyzed=is_analyzed)
        text = send(target.url, Request("/api/v1/explain", body)).read()
    else:
        from logstore.app.cli.local import local_explanation  # noqa: PLC0415

        text = local_explanation(target.path, asked, is_analyzed=is_analyzed).encode()
    write(text.rstrip(b"\n") + b"\n")

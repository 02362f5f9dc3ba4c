"""`logstore explain`."""

from __future__ import annotations

from logstore.app.cli.asking import Asked, DirectoryTarget, ServerTarget
from logstore.app.cli.output import write


def run(asked: Asked, target: ServerTarget | DirectoryTarget) -> None:
    """Prints the explanation."""
    if isinstance(target, ServerTarget):
        from logstore.app.cli.http import Request, send  # noqa: PLC0415 (one of the two is needed, both are slow)

        text = send(target.url, Request("/api/v1/explain", asked.as_request())).read()
    else:
        from logstore.app.cli.local import local_explanation  # noqa: PLC0415

        text = local_explanation(target.path, asked).encode()
    write(text.rstrip(b"\n") + b"\n")

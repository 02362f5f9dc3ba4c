"""`logstore fields`."""

from __future__ import annotations

from logstore.app.cli.asking import Asked, DirectoryTarget, ServerTarget
from logstore.app.cli.listings import write_list
from logstore.app.fields import BRIEF, list_fields


def run(asked: Asked, target: ServerTarget | DirectoryTarget, output: str | None) -> None:
    """Lists the fields that the events of a search may have."""
    if isinstance(target, DirectoryTarget):
        from logstore.app.cli.local import local_desk, question_of  # noqa: PLC0415 (slow, one of the two is needed)
        from logstore.app.questions import Cancellation  # noqa: PLC0415

        with local_desk(target.path) as desk:
            write_list(list_fields(desk.fields(question_of(asked), Cancellation())), BRIEF, output)
        return
    from logstore.app.cli.http import Request  # noqa: PLC0415 (likewise)
    from logstore.app.cli.remote import RemoteAnswer  # noqa: PLC0415

    write_list(RemoteAnswer(target.url, Request("/api/v1/fields", asked.as_request())), BRIEF, output)

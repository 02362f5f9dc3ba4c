"""`[deletion]` and `[retention]`: when deleted events leave the files, and what is kept for how long."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from logstore.config.section import MIB, Duration, Section, read_tables


class DeletionSettings(Section):
    """What happens to deleted events. No query finds them from the moment of the deletion."""

    erase_after_s: float = Field(default=86_400.0, ge=0)
    """Seconds after which the events of a deletion are taken out of the files. Until then it can be undone as a whole;
    longer leaves more time for that, and takes their disk for longer."""


class RuleSettings(Section):
    """An element of `retention.rules`."""

    tag: Annotated[str, Field(min_length=1)] | None = None
    search: Annotated[str, Field(min_length=1)] | None = None
    max_age: Duration


Rules = Annotated[tuple[RuleSettings, ...], BeforeValidator(read_tables), Field(max_length=100)]


class RetentionSettings(Section):
    """What is kept for how long. Unless something is set here, everything is kept for ever."""

    max_age: Duration | None = None
    """How long events are kept, by their time: seconds, or a text like `30d`. A part goes as a whole once its youngest
    event is older; an event goes a day later at the latest, whatever shares its part. Shorter frees disk."""

    max_bytes: int | None = Field(default=None, ge=64 * MIB)
    """Disk that parts and their indexes may use together; above it the parts with the oldest events go, and the log
    says so. Parts with events of the last hour stay in any case. The write-ahead log, the ledger and the quarantine
    have bounds of their own."""

    rules: Rules = ()
    """Events that are kept for a shorter time: tables with `max_age`, and either `tag`, a pattern as in Fluentd
    (`app.*`, `app.**`, `{a,b}`), or `search`, in the query language and without stages. In a variable a JSON array of
    objects."""

"""How tags are rewritten on the way in. Pure.

The tag as sent stays what duplicates are found by (`Chunk.wire_tag`); what it becomes is stored with the chunk, so a
change of these settings counts for what comes in from then on.
"""

from __future__ import annotations

from dataclasses import dataclass

from logstore.errors import SettingsError

AS_SENT = "\0"
"""Stands for the tag as sent in a rule; no setting may hold it."""

MAX_CHARACTERS = 256
"""Of a tag or prefix that is set. Every event has a copy."""


@dataclass(frozen=True, slots=True)
class TagRewriting:
    """What becomes of tags.

    Attributes:
        tag: takes the place of every tag; empty: tags stay.
        prefix: stands before the tag, sent or set, as it is: a dot between the two must be part of it.
    """

    tag: str = ""
    prefix: str = ""

    def __post_init__(self) -> None:
        """Raises SettingsError for texts that cannot be part of a rule."""
        for text in (self.tag, self.prefix):
            if AS_SENT in text or len(text) > MAX_CHARACTERS:
                raise SettingsError(f"a tag or prefix has at most {MAX_CHARACTERS} characters, none of them U+0000")

    def rewrite(self, tag: str) -> str:
        """What a tag becomes."""
        return self.prefix + (self.tag or tag)

    @property
    def rule(self) -> str:
        """The same as `Chunk.tag_rule`; empty when tags stay as they are."""
        return self.rewrite(AS_SENT) if self.tag or self.prefix else ""

"""How much a miner takes in and tells apart. None of these depends on the order in which lines come."""

from __future__ import annotations

from dataclasses import dataclass

MOST_TOKENS = 100
"""Tokens of a line that are looked at. More: a stack trace takes as long as a hundred lines, and is told apart by its
last frames."""

TOKEN_BYTES = 256
"""A longer token, masked, counts as a value: it is an encoded blob, not a word."""

EXAMPLE_BYTES = 1024
"""Examples are cut after so many bytes. More: fewer kinds of lines fit into memory."""

KEPT_TOKENS = (MOST_TOKENS, 16, 8, 4, 2, 1, 0)
"""How many tokens of a line count, at first and whenever lines of too many kinds for `Bounds.weight` were met."""

FORM_WEIGHT, TOKEN_WEIGHT, PLACE_WEIGHT = 96, 40, 4
"""Bytes of memory, about: for each form, each different token beside its characters, each token of a form."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a miner holds at most.

    Attributes:
        weight: bytes of the lines that differ after masking, about. Larger: more memory for each query; smaller: lines
            are cut sooner.
        branches: first words that are told apart, for each number of tokens; second words, for each of these. Others
            share a branch.
        siblings: templates in a group. Each line is compared with all of its group.
        templates: templates in all. Beyond it, lines that fit none are gathered by group.
    """

    weight: int = 128 << 20
    branches: tuple[int, int] = (100, 20)
    siblings: int = 200
    templates: int = 20_000

"""What the tables of the configuration file are made of."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


def _split_names(value: Any) -> Any:
    """Names out of a text, such as a variable has: a JSON array, or what stands between commas."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [name.strip() for name in value.split(",")]
    try:
        return json.loads(value)
    except ValueError as error:
        raise PydanticCustomError("not_json", "input should be a JSON array of names") from error


def _named(value: Any) -> Any:
    """Refuses the empty text, which as a path would be the working directory."""
    if value == "":
        raise PydanticCustomError("empty", "input should be a path")
    return value


def read_tables(value: Any) -> Any:
    """Tables out of a text, such as a variable has: a JSON array of objects."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise PydanticCustomError("not_json", "input should be a JSON array of objects") from error


File = Annotated[Path, BeforeValidator(_named)]
"""A file, not the empty path."""

Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_split_names)]
"""Several names in their order, none of them empty."""


def _seconds(value: Any) -> Any:
    """Seconds out of a text like `30d`; everything else as it is."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    return value if match is None else float(match[1]) * _UNITS[match[2]]


_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

Duration = Annotated[float, BeforeValidator(_seconds), Field(gt=0, le=100 * 365 * 86_400)]
"""Seconds, as a number or as a text with a unit: `90s`, `15m`, `1.5h`, `30d`, `2w`. A hundred years at most."""


class Section(BaseModel):
    """A table of the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

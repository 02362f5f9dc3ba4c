"""Which decoder runs: the one with the compiled kernel where that was built, else the one in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from ingest.decode.decoder import PlainDecoder
from ingest.decode.meter import Meter
from ingest.decode.settings import DecodeSettings
from logstore.errors import SettingsError
from logstore.model.batch import DecodedEntries
from logstore.model.chunk import Entry


class Kernel(str, Enum):
    """What an operator may ask for. The strings appear in configuration files."""

    AUTO = "auto"
    """The compiled one where it was built."""
    PLAIN = "plain"
    COMPILED = "compiled"
    """None but the compiled one."""


class _Decoder(Protocol):
    def decode(self, entries: Iterable[Entry], meter: Meter | None = None) -> DecodedEntries: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """The decoder that runs.

    Attributes:
        kernel: COMPILED or PLAIN.
        make: makes one, for these settings by id.
        reason: why it is the plain one; empty for the compiled one.
    """

    kernel: Kernel
    make: Callable[[Mapping[int, DecodeSettings]], _Decoder]
    reason: str = ""


def choose_decoder(wanted: Kernel = Kernel.AUTO) -> Choice:
    """The decoder to run.

    Raises:
        SettingsError: the compiled one was asked for and is not there.
    """
    if wanted is Kernel.PLAIN:
        return Choice(Kernel.PLAIN, PlainDecoder, "the setting decode.kernel says so")
    try:
        from ingest.decode.compiled import CompiledDecoder  # noqa: PLC0415 - not everywhere is it built
    except ImportError as error:
        if wanted is Kernel.COMPILED:
            remedy = "install Logstore where there is a C compiler, or set decode.kernel to auto"
            raise SettingsError(f"the compiled decode kernel cannot be loaded: {error}", remedy) from error
        return Choice(Kernel.PLAIN, PlainDecoder, f"the compiled kernel cannot be loaded: {error}")
    return Choice(Kernel.COMPILED, CompiledDecoder)

"""Data directories that older versions wrote, and what they told of them."""

import io
import json
import tarfile
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import zstandard

from ingest.decode.choice import choose_decoder
from ingest.decode.settings import DecodeSettings
from logstore.app.answers import encode
from logstore.app.decoding import decoding
from logstore.app.desk import EngineDesk
from logstore.app.formats.jsonl import JsonlWriter
from logstore.app.questions import Cancellation, Question
from logstore.model.timespan import EVERYTHING
from logstore.storage.directory import PosixDirectory
from logstore.storage.settings import StorageSettings
from logstore.storage.store import Store
from query.engine import Engine
from query.execution.limits import Limits

HERE = Path(__file__).parent
SETTINGS = StorageSettings(seal_age_s=1e9, removal_grace_s=0.0)


@dataclass(frozen=True)
class StoppedClock:
    """A clock that stands where it was when the data was written: nothing in it is too old to be kept."""

    time_ns: int

    def now_ns(self):
        """Always the same."""
        return self.time_ns

    def monotonic_ns(self):
        """Always the same."""
        return 0


class Kept:
    """The data of a format."""

    def __init__(self, name):
        self._name = name
        self.clock = StoppedClock(int((HERE / f"{name}.time").read_text()))

    def unpack(self, path):
        """Writes the directory as it was kept."""
        data = zstandard.ZstdDecompressor().decompressobj().decompress((HERE / f"{self._name}.tar.zst").read_bytes())
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            archive.extractall(path, filter="data")

    def told(self, what):
        """What the version that wrote it told of it."""
        return [json.loads(line) for line in (HERE / f"{self._name}.{what}.jsonl").read_bytes().splitlines()]


@contextmanager
def opened(path, clock):
    """A store on a directory, which does nothing by itself."""
    store = Store.open(PosixDirectory(path), decoding(DecodeSettings(), choose_decoder()), SETTINGS, clock)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def asking(store, clock):
    """Gives the rows of answers."""

    def ask(text):
        with desk.ask(Question(text, EVERYTHING, 10**6, clock.now_ns()), Cancellation()) as answer:
            return [json.loads(line) for line in b"".join(encode(answer, JsonlWriter())).splitlines()]

    with closing(Engine(store, Limits(), clock)) as engine:
        desk = EngineDesk(engine)
        yield ask


def bag(rows):
    """Rows without their order."""
    return Counter(json.dumps(row, sort_keys=True) for row in rows)

"""A program that gives hostile bytes to a decode kernel, one that was built with sanitizers.

`python -m tests.ingest.decode.kernel_fuzz KERNEL SECONDS SEED`, where KERNEL is the shared library. It ends with 0 when
neither the sanitizers nor a comparison with the plain decoder had anything to say. The test beside it builds such a
library and runs this for some seconds; run it for longer after a change of the kernel.
"""

import importlib.util
import random
import struct
import sys
import time
from pathlib import Path

import msgpack

NAMES = [
    "a",
    "b",
    "message",
    "log",
    "level",
    "severity",
    "tag",
    "time",
    "é",
    "",
    "a.b",
    "kubernetes",
    "k" * 9,
    "n" * 300,
]
TEXTS = ["", "x", "info", "WARN", " error ", "\u00a0info", "30", "é" * 9, "text " * 50, '\x00\x1f"\\/', "y" * 70_000]
NUMBERS = [0, -1, 31, 127, 128, 255, 256, 65535, 65536, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1, -(2**31), -(2**63)]
TIMES = [msgpack.ExtType(0, struct.pack(">II", 1_700_000_000, 1)), 1_700_000_000, 0, -5, 2**40, 1.5, None]
EDGES = [msgpack.ExtType(0, struct.pack(">II", seconds, 0)) for seconds in (0, 2**32 - 1, 2**32 - 2)]
# Heads that claim more than there is, or nothing that may be.
CLAIMS = [0xC1, 0xC4, 0xC6, 0xC9, 0xCF, 0xD7, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF, 0x80, 0x8F, 0x9F, 0xBF]


class Fuzzer:
    """Makes payloads, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._keys = 0

    def value(self, depth: int):  # noqa: PLR0911 - one for each type
        """Any value."""
        rng = self._random
        match rng.randrange(12 if depth < 70 else 8):
            case 0:
                return rng.choice([None, True, False])
            case 1 | 2:
                return rng.choice(NUMBERS)
            case 3:
                return rng.choice([1.5, float("nan"), float("inf"), -0.0])
            case 4 if not rng.randrange(10):
                return rng.choice([b"bytes", msgpack.ExtType(5, b"z"), *TIMES[:1]])
            case 8 | 9:
                return self.record(depth + 1)
            case 10:
                return [self.value(depth + 1) for _ in range(rng.randrange(4))]
            case 11 if not rng.randrange(20):
                # Deep, and nothing else.
                return self.nest(rng.randrange(200))
            case _:
                return rng.choice(TEXTS[:-1]) if rng.randrange(500) else TEXTS[-1]

    def nest(self, levels: int):
        """Containers within each other."""
        value = 1
        for _ in range(levels):
            value = {"n": value} if self._random.randrange(2) else [value]
        return value

    def record(self, depth: int = 0):
        """A map whose keys repeat from record to record, or never did."""
        rng = self._random
        names = rng.sample(NAMES, rng.randrange(6))
        if not rng.randrange(50):
            self._keys += 1
            many = 5000 if not rng.randrange(100) else rng.choice([1, 20, 70])
            names += [f"{self._keys} {place}" for place in range(3 if depth else many)]
        return {name: self.value(depth) for name in names}

    def event(self, mode: int):
        """An entry or a message."""
        rng = self._random
        when = TIMES[0] if rng.randrange(4) else rng.choice(TIMES + EDGES)
        if mode == 1:
            # Any text, or bytes that are none.
            return [rng.choice([*TEXTS[:3], b"\xff"]), when, self.record(), *([{}] if rng.randrange(2) else [])]
        around = rng.choice([when, when, when, [when, {}], [when, {}], [when, {"a": 1}], [when], [when, {}, 1]])
        return [around, self.record()]

    def crowd(self, mode: int) -> list:
        """Many events with texts that repeat, or begin to repeat, or cease to; enough of them to fill dictionaries."""
        rng = self._random
        events = []
        for _ in range(rng.randrange(1, 4)):
            distinct = rng.choice([1, 3, 300, 5000])
            for number in range(rng.choice([10, 1100, 4500])):
                text = "t" * (number % 3) + str(rng.randrange(distinct))
                record = {"x": text, "y": TEXTS[number % 5] if rng.randrange(20) else 1}
                events.append([text, TIMES[0], record] if mode == 1 else [TIMES[0], record])
            if rng.randrange(2):
                events.append(self.event(mode))
        return events

    def payload(self, mode: int) -> bytes:
        """A chunk, whole or hurt."""
        rng = self._random
        alike = [self.event(mode) for _ in range(rng.randrange(1, 4))]
        events = [rng.choice(alike) if rng.randrange(3) else self.event(mode) for _ in range(rng.randrange(12))]
        if not rng.randrange(60):
            events = self.crowd(mode)
        data = b"".join(msgpack.packb(event, strict_types=True) for event in events)
        if mode == 2:
            data = struct.pack(">BH", 0xDC, len(events)) + data
        return self._hurt(data) if rng.randrange(2) else data

    def _hurt(self, data: bytes) -> bytes:
        rng = self._random
        hurt = bytearray(data)
        for _ in range(rng.randrange(1, 4)):
            place = rng.randrange(len(hurt) + 1)
            match rng.randrange(6):
                case 0:
                    del hurt[place:]
                case 1:
                    hurt[place : place + 1] = rng.randbytes(1)
                case 2:
                    hurt[place:place] = bytes([rng.choice(CLAIMS)]) + rng.randbytes(rng.randrange(9))
                case 3:
                    hurt[place : place + 1] = bytes([rng.choice(CLAIMS)])
                case 4:
                    del hurt[place : place + rng.randrange(1, 9)]
                case _:
                    start = rng.randrange(len(hurt) + 1)
                    hurt[place:place] = hurt[start : start + rng.randrange(60)]
        return bytes(hurt)


def use_kernel(path: str) -> None:
    """Has `ingest.decode.kernel` be this library."""
    spec = importlib.util.spec_from_file_location("ingest.decode.kernel", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules["ingest.decode.kernel"] = module


def main(path: str, seconds: float, seed: int) -> None:
    """Runs until the time is up."""
    use_kernel(path)
    # Only now: they import the kernel.
    from tests.ingest.decode.agreement import Agreement  # noqa: PLC0415
    from tests.ingest.decode.wire import Mode, entry  # noqa: PLC0415

    both, fuzzer, rng = Agreement(), Fuzzer(seed), random.Random(seed)
    chunks = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        log, seq = [], 1
        for _ in range(rng.randrange(1, 8)):
            mode = rng.randrange(1, 4)
            bound = rng.choice([1, 3, 100, 100_000])
            log.append(
                entry(
                    Mode(mode), fuzzer.payload(mode), seq=seq, rows_bound=bound, tag=rng.choice(["", "app", "t" * 99])
                )
            )
            seq = log[-1].end
        Path(path).with_suffix(".last").write_text(repr(log))
        both.of(log)
        chunks += len(log)
    sys.stdout.write(f"{chunks} chunks\n")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))

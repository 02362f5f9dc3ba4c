"""A program that gives hostile bytes to a JSON transcoder, one that was built with sanitizers.

`python -m tests.ingest.decode.json_fuzz MODULE SECONDS SEED`, where MODULE is the shared library. It ends with 0 when
neither the sanitizers nor a comparison with the plain transcoder had anything to say.
"""

import importlib.util
import random
import sys
import time

from ingest.decode import json_plain
from tests.ingest.decode.json_bodies import ATOMS, read


def load(path: str):
    """The module at a path."""
    spec = importlib.util.spec_from_file_location("ingest.decode.json_transcode", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def body(rng: random.Random) -> bytes:
    """Pieces of JSON in any order, some of them damaged or cut."""
    made = b"".join(rng.choices(ATOMS, k=rng.randrange(30)))
    match rng.randrange(6):
        case 0:
            made = b'{"p":' + made + b'}\n{"q":1}'
        case 1:
            made = b"[" + made + b"]"
        case 2:
            made = rng.choice([b"[", b'{"a":', b'{"a":['])[: rng.randrange(1, 7)] * rng.randrange(200) + made
    damaged = bytearray(made)
    for _ in range(rng.choice([0, 0, 1, 3])):
        if damaged:
            damaged[rng.randrange(len(damaged))] = rng.choice(b'\x00\n"\\{}[],:0-\xff')
    return bytes(damaged[: rng.randrange(len(damaged) + 1)] if rng.random() < 0.3 else damaged)


def main(path: str, seconds: float, seed: int) -> None:
    """Goes on until the time is over; prints how many bodies it were."""
    transcode, rng = load(path).transcode, random.Random(seed)
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        made, depth, most = body(rng), rng.choice([1, 2, 4, 64, 128]), rng.choice([100, 2**28])
        for one in (made, made[:-1]):
            got = read(transcode, one, max_depth=depth, most_copied=most)
            assert got == read(json_plain.transcode, one, max_depth=depth, most_copied=most), one
        count += 1
    print(count, "bodies")  # noqa: T201 - whoever started the program reads it


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]))

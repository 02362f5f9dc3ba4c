"""Writes the data directory that `first-format.tar.zst` holds, and what is in it: events, chunks, quarantine.

It was run with the code of the first released format (catalog version 2), of which it uses the server, its commands and
the helpers of its tests. Run anew, it writes what the code of the day writes: so is the data of a later format kept.

    python -m tests.data.write_first_format DIR
"""

import io
import os
import signal
import sys
import tarfile
import time
from pathlib import Path

import msgpack
import zstandard

from tests.end_to_end.packing import NS, Sender, chunk, entries, forward, many_members, message
from tests.end_to_end.posting import Poster, lines
from tests.end_to_end.processes import run, serving

START = 1_764_000_000 * NS
HOUR = 3600 * NS
OTHER_SETTINGS = '[decode]\nlevel_keys = ["severity", "level"]\nmax_depth = 8\n'
ID = b"a chunk that came again"


def odd_values(number):
    """Values of all kinds, in turns."""
    values = (
        1,
        -1,
        2**63 - 1,
        -(2**63),
        2**64 - 1,
        1.5,
        float("nan"),
        float("inf"),
        True,
        False,
        "text",
        "",
        [1, "a"],
        {},
    )
    return values[number % len(values)]


def plain(hour, number):
    """An ordinary event."""
    record = {
        "message": f"{hour}.{number} GET /path/{number % 7} in {number} ms",
        "level": ("info", "warn", "error")[number % 3],
    }
    record["kubernetes"] = {"pod": {"name": f"pod-{number % 5}", "labels": {"app.kubernetes.io/name": "web"}}}
    record["odd"] = odd_values(number)
    record["Odd" if number % 2 else "number"] = number
    return START + hour * HOUR + number * 17_000_001, record


def of_many_hours(sender):
    """Twelve hours, so that some share a part."""
    for hour in range(12):
        sender.send(
            chunk("app.web" if hour % 2 else "app.db", [plain(hour, number) for number in range(8 + hour)]).message
        )
        sender.ack()


def of_rare_and_deep_fields(sender):
    """More fields than columns, deeper than records may be."""
    events = [plain(1, 100 + place) for place in range(20)]
    for place, (_, record) in enumerate(events):
        record |= {f"rare.{place}.{field}": place * field for field in range(30)}
        deep = record
        for _ in range(place * 5):
            deep["deep"] = deep = {}
        deep["end"] = place
    sender.send(chunk("app.rare", events).message)
    sender.ack()


def of_all_modes(sender):
    """Messages with and without an id, Forward mode, and compressed chunks of several members."""
    for number in range(5):
        sender.send(message("app.single", *plain(2, 200 + number)))
    sender.send(message("app.single", *plain(2, 205), "an id"))
    sender.ack()
    sender.send(forward("app.forward", [plain(2, 210 + number) for number in range(5)], "another id"))
    sender.ack()
    sender.send(many_members("app.gzip", [plain(3, 220 + number) for number in range(5)], "third"))
    sender.ack()


def of_a_copy(sender):
    """A chunk; on another connection it is a copy, on the same one it is another chunk with the same id."""
    sender.send(msgpack.packb(["app.copied", entries([plain(4, 230)]), {"chunk": ID, "size": 1}]))
    sender.ack()


def of_what_is_rejected(sender, number):
    """A chunk of which an event is none, and one of an unknown compression."""
    bad = entries([plain(5, number)]) + msgpack.packb("no event") + entries([plain(5, number + 1)])
    sender.send(msgpack.packb(["app.bad", bad, {"chunk": f"bad {number}"}]))
    sender.ack()
    sender.send(msgpack.packb(["app.unknown", b"??", {"chunk": f"unknown {number}", "compressed": "brotli"}]))
    sender.ack()


def of_strange_texts(sender):
    """Bytes that are no UTF-8, names that look alike, tags with everything."""
    records = [
        {"message": b"\xff\xfe not text", "Name": 1, "name": 2, "NAME": "3"},
        {"": "no name", "a.b": 1, "a": {"b": 2}},
    ]
    records += [
        {"message": "line\nbreak \x00 \u2028 \U0001f600", "_seq": 7, "time": "mine", "tag": "mine", "filename": "x"}
    ]
    for tag in ("app.strange", "t\u00e4g with spaces", "a/b/../c"):
        sender.send(
            chunk(
                tag, [(START - 400 * 365 * 24 * HOUR // 8 + place, record) for place, record in enumerate(records)]
            ).message
        )
        sender.ack()


def write(data):
    """Writes the directory: two generations are sealed, what came last is in the log; the server was killed."""
    with serving(data) as server:
        with Sender(server.forward_port) as sender:
            of_many_hours(sender)
            of_rare_and_deep_fields(sender)
            of_what_is_rejected(sender, 300)
        assert server.stop() == 0
    with serving(data, config=OTHER_SETTINGS) as server:
        with Sender(server.forward_port) as sender:
            of_all_modes(sender)
            of_strange_texts(sender)
            of_a_copy(sender)
            of_a_copy(sender)
        with Sender(server.forward_port) as sender:
            of_a_copy(sender)
        with Poster(server.http_port) as poster:
            body = lines({"message": f"posted {number}", "severity": "fatal"} for number in range(3))
            assert poster.post(body, query="?tag=http", Idempotency_Key="posted")[0] == 200
        assert server.stop() == 0
    with serving(data) as server:
        with Sender(server.forward_port) as sender:
            of_what_is_rejected(sender, 310)
            sender.send(chunk("app.last", [plain(13, number) for number in range(30)]).message)
            sender.ack()
            sender.send(chunk("app.last", [plain(2, 400 + number) for number in range(10)], compress=True).message)
            sender.ack()
        server.stop(signal.SIGKILL)


def told(data, *question):
    """What a command tells of the directory, as JSON lines."""
    done = run(*question, "--limit", 100_000, "--all", "--data", data, "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    return done.stdout


def packed(data):
    """The directory as an archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path in sorted(data.rglob("*")):
            if path.name not in {"lock", "catalog.sqlite-shm"}:
                archive.add(path, path.relative_to(data), recursive=False, filter=nobodys)
    return zstandard.ZstdCompressor(19).compress(out.getvalue())


def nobodys(member):
    """A member of the archive that belongs to nobody."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def main():
    """Writes the archive, what is in it and the time into the directory that is named."""
    output = Path(sys.argv[1])
    data = output / "data"
    write(data)
    (output / "first-format.tar.zst").write_bytes(packed(data))
    (output / "first-format.events.jsonl").write_bytes(told(data, "query", "*"))
    (output / "first-format.chunks.jsonl").write_bytes(told(data, "chunks"))
    (output / "first-format.quarantine.jsonl").write_bytes(told(data, "quarantine", "list"))
    (output / "first-format.time").write_text(f"{time.time_ns()}\n")


if __name__ == "__main__":
    os.umask(0o022)
    main()

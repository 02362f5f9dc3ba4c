"""What a disk does to files, under a real server and without one: found, told, left out, and never a wrong row."""

import json
import random
import shutil
import urllib.request
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from logstore.storage.layout import PARTS, QUARANTINE
from tests.end_to_end.packing import NS, Sender, chunk
from tests.end_to_end.processes import run, serving, wait_until

T0 = 1_795_341_600 * NS
HOUR_NS = 3600 * NS
ROWS = 200
# So that it is the query that finds it.
UNSCRUBBED = "[storage]\nscrub_interval_s = 0\n"
UNREAD = f"{UNSCRUBBED}[compaction]\nsettle_s = 1e9\n"
"""Nothing reads a part but questions: its word index is not completed either."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A directory with a part for each of two hours, of known events."""
    data = tmp_path_factory.mktemp("filled") / "data"
    with serving(data) as server:
        with Sender(server.forward_port) as sender:
            for hour in range(2):
                events = [
                    (T0 + hour * HOUR_NS + n, {"n": n, "hour": hour, "message": f"event {n}"}) for n in range(ROWS)
                ]
                sender.send(chunk("damage", events).message)
                sender.ack()
        assert server.stop() == 0
    return data


def fill(data, filled):
    """A copy of that directory, for one test; its parts by the hour."""
    shutil.copytree(filled, data)
    return sorted(Path(data / PARTS).rglob("*.parquet"))


def flip(path, place, bit=0):
    """Flips one bit of a file, as a disk does: its length and times stay."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(content)


def column_bytes(path, name):
    """Where the bytes of a column of the first row group are."""
    group = pq.read_metadata(path).row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    column = next(one for one in columns if one.path_in_schema == name)
    start = column.dictionary_page_offset if column.has_dictionary_page else column.data_page_offset
    return start, start + column.total_compressed_size


def asked(server, text):
    """Rows, exit code and stderr of a query of all times."""
    done = run("query", text, "--all", "--server", server.url, "--format", "jsonl", "--limit", "1000")
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode, done.stderr.decode()


def test_a_flipped_bit_is_left_out_told_and_set_aside(tmp_path, filled):
    """The answer lacks the part's events and says so, in each form that it has; no row is wrong; the file is kept."""
    data = tmp_path / "data"
    parts = fill(data, filled)
    flip(parts[0], sum(column_bytes(parts[0], "n")) // 2)
    with serving(data, config=UNSCRUBBED) as server:
        rows, code, said = asked(server, "tag:damage")
        assert code == 3
        assert "PARTIAL ANSWER: a part of 200 events" in said
        assert {row["hour"] for row in rows} == {1}
        assert sorted(row["n"] for row in rows) == list(range(ROWS))
        assert server.metric("logstore_parts_unfit") == 1
        assert json.loads(server.get("/readyz")) == {"status": "ready"}
        assert f"{parts[0]} at byte" in server.said
        assert "the bytes up to" in server.said
        # What does not need the part is whole.
        assert asked(server, "hour:1 | count")[1] == 3
        later = run(
            "query", "*", "--from", "2026-11-22T11:00:00Z", "--to", "2026-11-22T12:00:00Z", "--server", server.url
        )
        assert later.returncode == 0, later.stderr
        with urllib.request.urlopen(f"{server.url}/api/v1/query?query=*&all=true") as response:  # noqa: S310 (ours)
            assert response.headers["X-Logstore-Partial"] == "true"
            assert json.loads(response.headers["X-Logstore-Facts"])["partial"]["events"] == ROWS
        listed = json.loads(run("quarantine", "list", "--server", server.url, "--format", "jsonl").stdout)
        assert listed["kind"] == "damaged part"
        assert server.stop() == 0
    assert not parts[0].exists()
    assert len(list((data / QUARANTINE).glob("*.parquet"))) == 1
    with serving(data) as again:
        assert asked(again, "* | count")[:2] == ([{"count": ROWS}], 3)


def test_a_directory_is_read_with_its_damage_left_out(tmp_path, filled):
    """Without a server too; the file stays where it is."""
    data = tmp_path / "data"
    parts = fill(data, filled)
    flip(parts[1], sum(column_bytes(parts[1], "message")) // 2)
    done = run("query", "event | count", "--all", "--data", data)
    assert done.returncode == 3
    assert b"PARTIAL ANSWER" in done.stderr
    assert json.loads(done.stdout) == {"count": ROWS}
    assert parts[1].exists()


def test_row_groups_outside_of_the_window_need_not_be_sound(tmp_path):
    """They are not read, so an answer that does not need them is whole and right though they are garbage."""
    data, count, step_ns, rng = tmp_path / "data", 160_000, 10_000_000, random.Random(1)
    with serving(data) as server, Sender(server.forward_port) as sender:
        for first in range(0, count, 20_000):
            events = [(T0 + n * step_ns, {"n": n, "id": rng.randbytes(16).hex()}) for n in range(first, first + 20_000)]
            sender.send(chunk("wide", events).message)
            sender.ack()
        assert server.stop() == 0
    (part,) = Path(data / PARTS).rglob("*.parquet")
    metadata = pq.read_metadata(part)
    assert metadata.num_row_groups > 2
    second = metadata.row_group(1)
    columns = [second.column(place) for place in range(second.num_columns)]
    starts = [one.dictionary_page_offset or one.data_page_offset for one in columns]
    # Not the blocks that it shares with the row groups beside it.
    start, end = min(starts) + 65_536, max(starts) - 65_536
    assert start < end
    content = bytearray(part.read_bytes())
    content[start:end] = bytes(byte ^ 0xFF for byte in content[start:end])
    part.write_bytes(content)
    with serving(data, config=UNREAD) as server:
        window = ("--from", "2026-11-22T10:00:00Z", "--to", "2026-11-22T10:01:40Z")
        done = run("query", "* | stats count(), sum(n)", *window, "--server", server.url, "--format", "jsonl")
        assert done.returncode == 0, done.stderr
        assert list(json.loads(done.stdout).values()) == [10_000, sum(range(10_000))]
        assert asked(server, "* | stats count(), max(id)")[1] == 3


@pytest.mark.parametrize("seed", range(6))
def test_no_flipped_bit_ever_makes_a_wrong_row(tmp_path, filled, seed):
    """Wherever the bit is, each row of the answer is one that was stored, and a whole answer has all of them."""
    data, rng = tmp_path / "data", random.Random(seed)
    parts = fill(data, filled)
    part = rng.choice(parts)
    flip(part, rng.randrange(part.stat().st_size), rng.randrange(8))
    stored = {(n, hour, f"event {n}") for n in range(ROWS) for hour in range(2)}
    with serving(data, config=UNSCRUBBED) as server:
        rows, code, said = asked(server, "* | fields n, hour, message")
        found = [(row["n"], row["hour"], row["message"]) for row in rows]
        assert set(found) <= stored
        assert len(found) == len(set(found))
        assert (code, len(found)) == (3, ROWS), said
        wait_until(lambda: server.metric("logstore_parts_unfit") == 1, "it is counted")

"""Tests of benchmarks.workload, benchmarks.sources and benchmarks.lines."""

import math
import random
from collections import Counter

import orjson
import pytest

from benchmarks.lines import made_up, of_files
from benchmarks.workload import FLUSH_INTERVAL_NS, Workload, generate, spread

START_NS = 1_795_341_600_000_000_000


def workload(events=20_000, **changes):
    """A small one."""
    return Workload(events, START_NS, **{"sources": 40, "most": 2000, **changes})


def plain(batches):
    """Batches without their sources, which are functions and equal to nothing."""
    return [(batch.source.tag, batch.events) for batch in batches]


def test_the_same_seed_gives_the_same_events():
    """A measurement can be repeated; another seed gives other events."""
    first = plain(generate(workload(2000)))
    assert plain(generate(workload(2000))) == first
    assert plain(generate(workload(2000, seed=2))) != first


def test_as_many_events_as_wanted_in_chunks_of_the_sizes_wanted():
    """Only the last chunk may be smaller, for it takes what is left."""
    sizes = [len(batch.events) for batch in generate(workload())]
    assert sum(sizes) == 20_000
    assert all(100 <= size <= 2000 for size in sizes[:-1])
    assert max(sizes) > 1000
    assert min(sizes[:-1]) < 300


def test_a_source_has_one_tag_and_gives_a_chunk_each_interval():
    """In one interval nobody comes twice, and in the next one everybody comes again."""
    tags = [batch.source.tag for batch in generate(workload(40_000))]
    assert len(set(tags[:40])) == 40
    assert Counter(tags).most_common(1)[0][1] == len(tags) // 40 + (len(tags) % 40 > 0)


def test_times_rise_within_a_chunk_and_lie_in_its_interval():
    """As those that Fluentd gathered between two flushes do."""
    for batch in generate(workload(40_000)):
        times = [time_ns for time_ns, _ in batch.events]
        interval = (times[0] - START_NS) // FLUSH_INTERVAL_NS
        assert times == sorted(times)
        assert (times[-1] - START_NS) // FLUSH_INTERVAL_NS == interval


def test_events_look_like_those_of_kubernetes_and_of_proxies():
    """Both kinds with all their fields, about 400 bytes each, and messages that hardly repeat."""
    records = [record for batch in generate(workload(sources=300)) for _, record in batch.events]
    containers = [record for record in records if "kubernetes" in record]
    access = [record for record in records if "trace_id" in record]
    assert len(containers) + len(access) == len(records)
    assert 0.6 < len(access) / len(records) < 0.9
    assert 350 < sum(len(orjson.dumps(record)) for record in records) / len(records) < 450
    labels = containers[0]["kubernetes"]["labels"]
    assert any("/" in name and "." in name for name in labels)
    assert len({record["log"] for record in containers}) > 0.8 * len(containers)
    assert {"error" in record for record in access} == {True, False}


def test_lines_of_files(tmp_path):
    """Lines come from all files of the directory, empty ones left out, odd bytes replaced."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "one.log").write_bytes(b"first\n\nsecond \xff\n")
    (tmp_path / "inner" / "two.log").write_bytes(b"third")
    write_line = of_files(tmp_path, random.Random(1))
    assert {write_line() for _ in range(100)} == {"first", "second \ufffd", "third"}
    records = [record for batch in generate(workload(500, lines=tmp_path)) for _, record in batch.events]
    assert {record["log"] for record in records if "log" in record} <= {"first", "second \ufffd", "third"}


def test_a_directory_without_lines_is_refused(tmp_path):
    """Better than events without any text."""
    with pytest.raises(SystemExit, match="no lines"):
        of_files(tmp_path, random.Random(1))


def test_made_up_lines_are_filled_in():
    """No form keeps the name of a blank."""
    write_line = made_up(random.Random(1))
    lines = [write_line() for _ in range(2000)]
    assert not any("{id}" in line or "{hex}" in line or "{n}" in line for line in lines)
    assert len(set(lines)) > 1500


def test_what_is_written_down_names_no_path(tmp_path):
    """Results are shared; where somebody keeps log lines is nobody's business."""
    assert workload(lines=tmp_path).facts()["lines"] == "from files"
    assert "start_ns" not in workload().facts()


def test_events_can_be_spread_over_hours():
    """Chunks are smaller then, and come from as many sources: so many that they fill the minutes of these hours."""
    found = spread(10_000_000, 3, START_NS)
    mean = (found.most - found.least) / math.log(found.most / found.least)
    assert 9_000_000 < mean * found.sources * 3 * 60 < 11_000_000
    assert (found.events, found.start_ns, found.sources) == (10_000_000, START_NS, 300)
    assert 1 <= spread(100, 3, START_NS).least < spread(100, 3, START_NS).most

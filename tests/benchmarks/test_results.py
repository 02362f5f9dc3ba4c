"""Tests of the arithmetic of results, wherever in the benchmarks it is done."""

import json
import re

import pytest

from benchmarks import bench_ack
from benchmarks.bench_ingest import report
from benchmarks.contenders import Contender
from benchmarks.ingest_run import Load, Outcome, peaks, total_bytes
from benchmarks.measured import Sample
from benchmarks.open_loop import AckTime, due_times
from benchmarks.peers import parse_peer
from benchmarks.results import conditions, median_figures, percentile, ratio, write
from benchmarks.senders import MESSAGES_PER_ACK, together
from benchmarks.spool import Frame, Spool
from benchmarks.workload import Workload


def outcome(**changes):
    """A run of a million events of 400 bytes each, in two CPU seconds."""
    figures = {
        "events": 1_000_000,
        "json_bytes": 400_000_000,
        "wire_bytes": 300_000_000,
        "start_cpu_s": 1.0,
        "cpu_s": 2.0,
        "answered_cpu_s": 1.5,
        "answered_s": 1.0,
        "stop_s": 0.25,
        "peak_rss_bytes": 500_000_000,
        "rss_halves_bytes": [400_000_000, 450_000_000],
        "rss_curve_bytes": [400_000_000, 450_000_000],
        "stored_bytes": 40_000_000,
        "disk_bytes": 41_000_000,
    }
    return Outcome(**{**figures, **changes})


def frames(*events):
    """Frames of so many events each."""
    return [Frame(memoryview(b"x"), number) for number in events]


def test_the_figures_of_a_run():
    """Rates are by CPU second without the start, and by second of the clock; sizes are by event."""
    figures = outcome().figures()
    assert figures["events_per_cpu_s"] == 500_000
    assert figures["json_mb_per_cpu_s"] == 200.0
    assert figures["events_per_s_answered"] == 1_000_000
    assert figures["events_per_s_final"] == 800_000
    assert figures["stored_bytes_per_event"] == 40.0
    assert figures["disk_bytes_per_event"] == 41.0


def test_medians_leave_out_what_is_no_number():
    """Of three runs the middle one counts, figure by figure."""
    runs = [outcome(cpu_s=cpu_s).figures() for cpu_s in (4.0, 1.0, 2.0)]
    median = median_figures(runs)
    assert median["cpu_s"] == 2.0
    assert median["events_per_cpu_s"] == 500_000
    assert "rss_halves_bytes" not in median


def test_a_report_compares_with_the_first(tmp_path):
    """A ratio above 1 says that the first contender has more of it."""
    contenders = [Contender(name, "1", "packed", serving=None, stored=None) for name in ("ours", "theirs")]
    outcomes = {"ours": [outcome()], "theirs": [outcome(cpu_s=8.0, stored_bytes=80_000_000)]}
    spool = Spool(1_000_000, 10, 5, 400_000_000, tmp_path)
    result = report(contenders, outcomes, Workload(1_000_000, 0, lines=tmp_path), spool, Load(4))
    assert result["ratios"] == {
        "theirs": {"events_per_cpu_s": 4.0, "stored_bytes_per_event": 0.5, "peak_rss_bytes": 1.0}
    }
    assert str(tmp_path) not in json.dumps(result)


def test_conditions_say_what_was_measured():
    """The commit where there is a repository, and the versions that matter; no name of a machine."""
    found = conditions()
    assert re.fullmatch(r"[0-9a-f]{40}|", found["commit"])
    assert set(found["machine"]) == {"cpus", "architecture", "system", "python", "libraries"}


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_percentiles(share, expected):
    """The smallest value that at least that share does not exceed."""
    assert percentile(list(range(100, 0, -1)), share) == expected


def test_a_percentile_of_nothing_is_refused():
    """No figure is better than a made-up one."""
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_ratio():
    """Rounded to what can be read."""
    assert ratio(10, 3) == 3.33


def test_memory_in_slices_of_a_stretch():
    """Samples before and after it do not count."""
    samples = [Sample(at_s, rss) for at_s, rss in ((0, 9), (1, 2), (2, 3), (3, 5), (4, 4), (5, 9))]
    assert peaks(samples, 1, 4, 2) == [3, 5]
    assert peaks(samples, 1, 4, 3) == [2, 3, 5]
    assert peaks([], 1, 4, 2) == [0, 0]


def test_acknowledgement_times_in_milliseconds():
    """Both kinds, with the highest."""
    times = [AckTime(from_due_s=0.002 * number, from_sent_s=0.001 * number) for number in range(1, 101)]
    found = bench_ack.report(times)
    assert found["chunks"] == 100
    assert found["ack_after_last_byte_ms"] == {"p50": 50.0, "p90": 90.0, "p99": 99.0, "max": 100.0}
    assert found["ack_after_due_ms"]["p50"] == 100.0


def test_when_chunks_are_due():
    """When all events before them have been sent at the rate."""
    assert list(due_times(frames(100, 300, 50), rate=100)) == [0, 1, 4]


def test_single_messages_are_sent_in_runs_and_chunks_alone():
    """Each run ends with one acknowledgement."""
    singles = frames(*[1] * (MESSAGES_PER_ACK + 2))
    assert [len(run) for run in together(singles)] == [MESSAGES_PER_ACK, 2]
    assert [len(run) for run in together(frames(5, 5, 5))] == [1, 1, 1]


def test_all_bytes_of_a_directory(tmp_path):
    """Files within directories count too."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "one").write_bytes(b"123")
    (tmp_path / "inner" / "two").write_bytes(b"4567")
    assert total_bytes(tmp_path) == 7


def test_peers_are_named_with_path_and_version(tmp_path):
    """A peer that is not known, or not there, is refused in so many words."""
    program = tmp_path / "program"
    program.touch()
    kind, peer = parse_peer(f"loki={program},3.8.0", ("loki",))
    assert (kind, peer.program, peer.version) == ("loki", program, "3.8.0")
    assert parse_peer(f"loki={program}", ("loki",))[1].version == "unknown"
    with pytest.raises(ValueError, match="KIND is one of loki"):
        parse_peer(f"elk={program}", ("loki",))
    with pytest.raises(ValueError, match="there is no file"):
        parse_peer("loki=nowhere/to/be/found", ("loki",))


def test_a_result_is_written_where_it_was_named(tmp_path):
    """As JSON, in a directory that is made if need be; nowhere if none was named."""
    write({"a": 1}, None)
    write({"a": 1}, tmp_path / "results" / "a.json")
    assert json.loads((tmp_path / "results" / "a.json").read_text()) == {"a": 1}

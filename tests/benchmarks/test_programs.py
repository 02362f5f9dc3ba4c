"""The benchmarks themselves, run for real with few events."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import bench_ack, bench_decode, bench_index, bench_ingest, bench_layout, bench_query, bench_storage
from benchmarks.layouts import candidates
from benchmarks.workload import Workload, last_hour_ns
from logstore.storage.part.encode import PartEncoder
from tests.logstore.model.batches import plain_times


@pytest.mark.parametrize("mode", ["packed", "message"])
def test_intake_is_measured_from_the_first_byte_to_sealed_parts(mode, tmp_path, capsys):
    """Everything sent is found in parts afterwards, and the figures are those of that run."""
    output = tmp_path / "result.json"
    bench_ingest.main(["--events", "2000", "--mode", mode, "--output", str(output)])
    result = json.loads(output.read_text())
    (run,) = result["contenders"][f"logstore {mode}"]["runs"]
    assert run["events"] == 2000
    assert run["start_cpu_s"] > 0
    assert run["cpu_s"] > 0
    assert run["peak_rss_bytes"] > 10_000_000
    assert 0 < run["stored_bytes"] < run["disk_bytes"]
    assert f"logstore {mode}:" in capsys.readouterr().out


def test_acknowledgements_are_timed(tmp_path):
    """At a rate that is given each chunk's acknowledgement has a time."""
    output = tmp_path / "result.json"
    bench_ack.main(["--events", "2000", "--most", "200", "--rate", "20000", "--output", str(output)])
    result = json.loads(output.read_text())
    assert result["sent_events_per_s"] == 10_000
    assert result["chunks"] >= 10
    assert 0 < result["ack_after_last_byte_ms"]["p50"] <= result["ack_after_last_byte_ms"]["max"]


def test_decoding_is_measured_in_each_mode(tmp_path):
    """With every decoder that there is."""
    output = tmp_path / "result.json"
    bench_decode.main(["--events", "500", "--rounds", "1", "--output", str(output)])
    figures = json.loads(output.read_text())["events_per_cpu_s"]
    assert set(figures) == {"packed", "gzip", "message"}
    assert all(rate > 0 for by_decoder in figures.values() for rate in by_decoder.values())


def test_layouts_of_parts_are_compared(tmp_path):
    """Each layout holds all events, and each question is answered on it."""
    output = tmp_path / "result.json"
    bench_layout.main(["--events", "3000", "--rounds", "1", "--only", "sealed", "--output", str(output)])
    result = json.loads(output.read_text())
    assert set(result["layouts"]) == {"sealed"}
    figures = result["layouts"]["sealed"]
    assert 10 < figures["bytes_per_event"] < 500
    assert set(figures["query_cpu_ms"]) == set(result["questions"])


def test_every_layout_holds_the_same_events():
    """What only measurements choose writes and reads back too."""
    events = Workload(events=1500, start_ns=last_hour_ns())
    batch = bench_layout.decoded(events)
    expected = None
    for candidate in candidates():
        encoder = PartEncoder(batch, 1, "default", candidate.shape, candidate.layout)
        content = b"".join(piece for pieces in encoder.pieces() for piece in pieces)
        table = pq.read_table(pa.BufferReader(content)).sort_by("_seq")
        expected = expected or plain_times(table).to_pydict()
        assert plain_times(table).to_pydict() == expected, candidate.name


def test_what_is_stored_for_good_is_measured(tmp_path):
    """Parts are merged until there is nothing left to merge, all events are in them, and shares add up."""
    output = tmp_path / "result.json"
    # Little memory makes many parts of few events.
    variables = ("LOGSTORE_STORAGE_SEAL_BYTES=1048576", "LOGSTORE_STORAGE_MEMORY_BUDGET_BYTES=8388608")
    given = [argument for variable in variables for argument in ("--variable", variable)]
    bench_storage.main(["--events", "80000", "--most", "1000", *given, "--output", str(output)])
    result = json.loads(output.read_text())
    ours = result["logstore"]
    assert ours["parts"] < ours["sealed_parts"]
    assert ours["compaction_us_per_event"] > 0
    sizes = ours["bytes_per_event"]
    assert all(sizes[kind] > 0 for kind in ("parquet", "words", "values", "grams"))
    assert sizes["in all"] == pytest.approx(sum(sizes.values()) - sizes["in all"], abs=0.01)
    assert result["ratios"]["words to Parquet, bytes"] == pytest.approx(sizes["words"] / sizes["parquet"], abs=0.001)


def test_word_indexes_are_measured(tmp_path):
    """What they take, by method, and that each question has the same answer with them as without."""
    output = tmp_path / "result.json"
    bench_index.main(["--events", "3000", "--part-events", "1500", "--rounds", "1", "--output", str(output)])
    result = json.loads(output.read_text())
    assert set(result["cost"]["kept"]["share_of_part"]) == {"words", "values", "grams", "head"}
    questions = {each["question"]: each for each in result["questions"]}
    assert questions["a word of one event"]["events"] >= 1
    assert questions["a value of one event"]["row_groups_read"] == 1
    assert questions["a word of no event"]["row_groups_read"] == 0


def test_questions_are_timed_warm_cold_and_with_many_clients(tmp_path):
    """Over HTTP, of data that is kept: a second run asks the same directory again."""
    output, data = tmp_path / "result.json", tmp_path / "data"
    options = ["--events", "3000", "--data", str(data), "--only", "^(count all|trace id|word found)", "--rounds", "2"]
    bench_query.main([*options, "--cold", "1", "--clients", "--output", str(output)])
    result = json.loads(output.read_text())
    assert set(result["questions"]) == {"count all", "trace id", "word found once"}
    for figures in result["questions"].values():
        found = figures["logstore"]
        assert min(found["p50_ms"], found["p95_ms"], found["cold_ms"], found["clients_p95_ms"]) > 0
    written = (data / "logstore" / "loaded").stat().st_mtime_ns
    bench_query.main([*options[:-2], "--rounds", "1"])
    assert (data / "logstore" / "loaded").stat().st_mtime_ns == written

"""The benchmarks themselves, run for real with few events."""

import json

import pytest

from benchmarks import bench_ack, bench_decode, bench_ingest


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

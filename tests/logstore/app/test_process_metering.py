"""Tests of logstore.app.process_metering."""

import os
import sys
import time

import pytest
from prometheus_client import ProcessCollector

from logstore.app.process_metering import system_metrics


def told(**where):
    """The values now."""
    return {metric.name: metric.read() for metric in system_metrics(**where)}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of processes in /proc")
def test_the_system_tells_of_this_process():
    """Memory, processor time and files are those of the interpreter that runs the test."""
    found = told()
    assert found["process_resident_memory_bytes"] > 1_000_000
    assert found["process_virtual_memory_bytes"] >= found["process_resident_memory_bytes"]
    assert 0 < found["process_cpu_seconds_total"] <= sum(os.times()[:2]) + 1
    assert 0 < found["process_open_fds"] <= found["process_max_fds"]
    assert 0 < found["process_start_time_seconds"] <= time.time()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of processes in /proc")
def test_it_is_what_the_client_library_tells():
    """Same names, same meaning, where that can tell anything."""
    samples = [sample for family in ProcessCollector(registry=None).collect() for sample in family.samples]
    library = {sample.name: sample.value for sample in samples}
    found = told()
    assert library.keys() == found.keys()
    assert found["process_start_time_seconds"] == pytest.approx(library["process_start_time_seconds"], abs=5)
    assert found["process_max_fds"] == library["process_max_fds"]
    assert found["process_virtual_memory_bytes"] == pytest.approx(library["process_virtual_memory_bytes"], rel=0.5)


def test_what_is_not_told_has_no_value(tmp_path):
    """A scrape goes on without it."""
    found = told(proc=tmp_path)
    assert found["process_resident_memory_bytes"] == {}
    assert found["process_start_time_seconds"] == {}
    assert found["process_cpu_seconds_total"] > 0

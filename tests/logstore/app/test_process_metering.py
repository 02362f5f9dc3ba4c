"""Tests of logstore.app.process_metering."""

import os
import sys
import time

import pytest

from logstore.app.process_metering import system_metrics


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of processes in /proc")
def test_the_system_tells_of_this_process():
    """Memory, processor time and files are those of the interpreter that runs the test."""
    told = {metric.name: metric.read() for metric in system_metrics()}
    assert told["process_resident_memory_bytes"] > 1_000_000
    assert told["process_virtual_memory_bytes"] >= told["process_resident_memory_bytes"]
    assert 0 < told["process_cpu_seconds_total"] <= sum(os.times()[:2]) + 1
    assert 0 < told["process_open_fds"] <= told["process_max_fds"]
    assert 0 < told["process_start_time_seconds"] <= time.time()

"""Tests of logstore.app.own_log.output."""

import json
import logging
import threading
import warnings

import pytest

from logstore.app.own_log.output import LineCounter, listening, log_to_stderr
from logstore.config.log import LogSettings


@pytest.fixture(autouse=True)
def as_before():
    """Logging is the process's: it is given back as it was."""
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, threading.excepthook
    yield
    logging.captureWarnings(capture=False)
    root.handlers, threading.excepthook = handlers, hook
    root.setLevel(level)


def test_the_level_leaves_out_what_is_below(capsys):
    """And nothing else."""
    log_to_stderr(LogSettings(level="warning"))
    logging.getLogger("x").info("fine")
    logging.getLogger("x").warning("odd")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("WARNING x: odd")


def test_in_json_every_line_is_an_object(capsys):
    """What Python writes by itself too: the end of a thread, and warnings."""
    log_to_stderr(LogSettings(format="json"))
    logging.getLogger("x").info("fine")
    thread = threading.Thread(target=lambda: 1 / 0, name="worker")
    thread.start()
    thread.join()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["level"] for line in told] == ["info", "fatal", "warn"]
    assert told[1]["error"] == "ZeroDivisionError"
    assert "old" in told[2]["message"]


def test_lines_are_counted_by_level():
    """From zero, for all levels that there are."""
    counter = LineCounter()
    with listening(counter):
        logging.getLogger("x").error("bad")
        logging.getLogger("x").critical("worse")
    logging.getLogger("x").error("not heard")
    assert counter.lines == {"debug": 0, "info": 0, "warn": 0, "error": 1, "fatal": 1}

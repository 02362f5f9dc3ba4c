"""Tests of logstore.app.own_log.lines, and of the fields that lines have."""

import json
import logging
import sys

import pytest

from logstore.app.own_log.fields import fields_of, level_of, time_ns_of
from logstore.app.own_log.lines import ANNOUNCEMENT, JsonLines, TextLines
from logstore.model.levels import normalize_level


def record(message="took %s", *arguments, level=logging.INFO, error=None, **more):
    """A record as a logger makes it, at a known time."""
    made = logging.getLogger("logstore.x").makeRecord(
        "logstore.x", level, "x.py", 1, message, arguments, error, extra=more or None
    )
    made.created = 1_795_341_600.25
    return made


def failed():
    """What `logging` is given where something was raised."""
    try:
        raise ValueError("no\nnumber")  # noqa: TRY301 (somebody has to)
    except ValueError:
        return sys.exc_info()


def test_a_line_of_json_is_an_object_with_everything_in_it():
    """One line, whatever the message holds."""
    line = JsonLines().format(record("took %s\n☂", "5 s"))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2026-11-22T10:00:00.250000Z",
        "level": "info",
        "logger": "logstore.x",
        "message": "took 5 s\n☂",
        "thread": "MainThread",
    }


def test_an_error_has_its_stack_in_a_field():
    """Not below the line, where programs would take it for lines of their own."""
    line = JsonLines().format(record("failed", level=logging.ERROR, error=failed()))
    told = json.loads(line)
    assert (told["level"], told["error"], told["error_message"]) == ("error", "ValueError", "no\nnumber")
    assert told["stack"].startswith("Traceback")
    assert "\n" not in line


def test_text_is_for_people():
    """Time, level and logger before the message; what people wait for stands alone."""
    assert TextLines().format(record("took %s", "5 s")).endswith(" INFO logstore.x: took 5 s")
    assert TextLines().format(record("logstore 1 ready", **ANNOUNCEMENT)) == "logstore 1 ready"
    assert "Traceback" in TextLines().format(record("failed", error=failed()))


@pytest.mark.parametrize(
    ("level", "name"),
    [(5, "debug"), (10, "debug"), (20, "info"), (25, "info"), (30, "warn"), (40, "error"), (50, "fatal")],
)
def test_levels_are_those_that_events_have(level, name):
    """So `level:error` finds errors of the server too."""
    assert level_of(record(level=level)) == name
    assert normalize_level(name) == name


def test_the_time_is_the_records():
    """To the microsecond, which is all that it knows."""
    assert time_ns_of(record()) == 1_795_341_600_250_000_000
    assert "time" not in fields_of(record())

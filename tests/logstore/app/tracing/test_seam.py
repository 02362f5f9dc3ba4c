"""Tests of logstore.app.tracing.seam."""

import subprocess
import sys

import pytest

from logstore.app.tracing.seam import NoTracing, tracing_of
from logstore.clock import SystemClock
from logstore.config.tracing import TracingSettings
from logstore.errors import SettingsError


def test_what_is_not_traced_is_left_as_it_is():
    """Nothing stands in between that could cost anything."""
    sink, decoding = object(), object()
    with tracing_of(TracingSettings(), SystemClock()) as tracing:
        assert isinstance(tracing, NoTracing)
        assert tracing.sink(sink) is sink
        assert tracing.decoding(decoding) is decoding


def test_opentelemetry_is_not_imported_unless_it_is_wanted():
    """A server without traces starts without it, and needs it not."""
    program = "import sys, logstore.app.wiring; print([name for name in sys.modules if 'opentelemetry' in name])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_missing_package_is_named(monkeypatch):
    """With what to install."""
    for name in [name for name in sys.modules if name.startswith(("opentelemetry", "logstore.app.tracing.p"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    settings = TracingSettings(endpoint="http://localhost:4318")
    with pytest.raises(SettingsError, match=r"tracing\.endpoint") as caught, tracing_of(settings, SystemClock()):
        pass
    assert "logstore[tracing]" in caught.value.hint

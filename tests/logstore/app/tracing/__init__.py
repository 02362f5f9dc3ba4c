"""Tests of logstore.app.tracing."""

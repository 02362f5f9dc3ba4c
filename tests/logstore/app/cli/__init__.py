"""Tests of logstore.app.cli."""

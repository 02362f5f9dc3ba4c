"""Tests of logstore.app.formats."""

"""Tests of logstore.storage.index."""

"""Tests of logstore.config."""

"""Tests of logstore.app.own_log."""

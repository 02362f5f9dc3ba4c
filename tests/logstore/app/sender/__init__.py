"""Tests of logstore.app.sender."""

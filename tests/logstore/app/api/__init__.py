"""Tests of logstore.app.api."""

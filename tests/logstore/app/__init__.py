"""Tests of logstore.app."""

"""Tests of logstore."""

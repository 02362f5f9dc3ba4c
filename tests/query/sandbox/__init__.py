"""Tests of `query.sandbox`."""

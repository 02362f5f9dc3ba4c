"""Tests of `query.lang`."""

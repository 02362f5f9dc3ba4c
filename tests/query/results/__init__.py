"""Tests of query.results."""

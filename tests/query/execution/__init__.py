"""Limits, cancelling, concurrency, measuring."""

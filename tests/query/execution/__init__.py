"""Limits, cancelling, concurrency."""

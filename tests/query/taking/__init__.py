"""Newest rows, taken without a database."""

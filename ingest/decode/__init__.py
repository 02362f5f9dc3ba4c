"""Decoding: the entries of a chunk become typed, flattened Arrow columns."""

"""Tests of the forward protocol without I/O."""

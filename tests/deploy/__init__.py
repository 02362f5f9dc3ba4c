"""Tests of what brings Logstore into other programs."""

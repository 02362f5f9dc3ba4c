"""Tests of the package that finds templates of log lines."""

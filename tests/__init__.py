"""Tests of Logstore; the tree mirrors the packages."""

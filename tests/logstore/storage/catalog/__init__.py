"""Tests of the catalog and the chunk ids."""

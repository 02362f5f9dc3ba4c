"""Tests of logstore.storage.ledger."""

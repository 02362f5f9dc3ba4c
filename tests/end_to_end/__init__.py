"""Tests of the whole product: real processes, real senders, loopback only."""

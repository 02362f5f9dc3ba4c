"""Tests of the event generator of the demonstration."""

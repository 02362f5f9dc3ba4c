"""Logstore: a simple, standard place to send logs, and a fast way to ask them questions."""

__version__ = "0.1.0"

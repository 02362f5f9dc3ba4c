"""Behaviour told in plain text: load these events, ask this, get exactly that. See `script.py` for the format."""

"""The engine against a plain model of the language: same events, same query, same rows, wherever the events live."""

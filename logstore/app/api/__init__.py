"""The HTTP API: requests become questions, answers become responses."""

"""Answers that are put together of what is known."""

"""Answers put together of what is known without reading: no statement is made or run for them."""

"""Hostile and broken questions: each gets an answer, or an error that helps whoever asked."""

"""Statements, and what they yield."""

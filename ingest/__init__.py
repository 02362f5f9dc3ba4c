"""Intake: bytes from the network become durable chunks, and chunks become columns."""

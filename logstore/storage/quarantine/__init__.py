"""Quarantine: chunks of which something could not be decoded, as they were received, and what else is damaged."""

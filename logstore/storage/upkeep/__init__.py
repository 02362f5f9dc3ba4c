"""Upkeep: what is done with parts after they were sealed. Plans are pure, and short doers carry them out."""

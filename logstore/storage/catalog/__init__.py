"""The catalog: which parts there are, up to where the log is sealed, and which chunks are remembered."""

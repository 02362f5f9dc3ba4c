"""The chunk ledger: what became of each chunk, and of the copies that were not stored."""

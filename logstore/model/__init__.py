"""The vocabulary that every package shares: chunks, columns, batches, parts, snapshots, words."""

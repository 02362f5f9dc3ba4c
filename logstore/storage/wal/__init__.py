"""The write-ahead log: chunks as received, appended in groups, each group durable before any of it is acknowledged."""

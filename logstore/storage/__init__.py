"""The storage engine: write-ahead log, head, parts, catalog. Plain blocking code, safe to call from several threads."""

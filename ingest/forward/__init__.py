"""The Fluentd forward protocol without I/O: bytes in, chunks and replies out."""

"""The query language: text to syntax tree and back, with errors that point and advise. No data, no I/O."""

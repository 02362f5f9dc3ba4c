"""The Python library, where `logstore.open` and `logstore.connect` lead: to ask a server or a directory."""

"""A client that posts events, for tests."""

import http.client
import json


class Poster:
    """A connection to a server's HTTP API."""

    def __init__(self, port, timeout_s=30):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def post(self, body, *, query="", content_type="application/x-ndjson", **headers):
        """Status and answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request("POST", f"/api/v1/ingest{query}", body, {"Content-Type": content_type, **named})
        with self._connection.getresponse() as response:
            return response.status, json.loads(response.read())


def lines(events):
    """Events as JSON lines."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)

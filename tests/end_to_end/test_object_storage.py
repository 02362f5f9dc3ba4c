"""A server whose parts are in object storage, which is a real S3 server, and at times spoilt."""

import json
import signal
from contextlib import contextmanager

from logstore.storage.remote.obstore_objects import open_objects
from tests.end_to_end.processes import Server, run, serving, wait_until
from tests.s3 import BUCKET, KEYS, Proxy, S3Server, Spoil

EVENTS = 3000


def settings(endpoint: str, prefix: str, keys) -> str:
    """A configuration that seals and uploads at once."""
    return f"""
[storage]
seal_age_s = 0.5
[object_storage]
url = "s3://{BUCKET}/{prefix}"
endpoint = "{endpoint}"
region = "us-east-1"
credentials_file = "{keys}"
upload_after_s = 0
keep_local_s = 0
retries = 1
timeout_s = 5
"""


@contextmanager
def stored(tmp_path, endpoint: str, prefix: str):
    """A server with object storage."""
    keys = tmp_path / "keys"
    keys.write_text(f"[default]\naws_access_key_id = {KEYS.key_id}\naws_secret_access_key = {KEYS.key}\n")
    with serving(tmp_path / "data", config=settings(endpoint, prefix, keys)) as server:
        yield server


def send(server: Server, start: int, count: int) -> None:
    """Sends so many events."""
    lines = b"".join(
        b'{"number":%d,"message":"event %d"}\n' % (number, number) for number in range(start, start + count)
    )
    done = run("send", "--tag", "app", "--server", f"127.0.0.1:{server.forward_port}", stdin=lines)
    assert done.returncode == 0, done.stderr.decode()


def uploaded(server: Server) -> bool:
    """Whether all that is stored is in object storage."""
    return (
        server.metric("logstore_head_rows") == 0
        and server.metric("logstore_object_parts") == server.metric("logstore_parts") > 0
    )


def forget_parts(tmp_path) -> int:
    """Removes the local files of parts, as a new disk would have none; how many."""
    files = list((tmp_path / "data" / "parts").rglob("*.parquet"))
    for file in files:
        file.unlink()
    return len(files)


def test_parts_come_back_from_object_storage(tmp_path, s3_server: S3Server):
    """What was uploaded is there after a kill and the loss of all local parts, to the last event."""
    with stored(tmp_path, s3_server.endpoint, "comes-back") as server:
        send(server, 0, EVENTS)
        wait_until(lambda: uploaded(server), "everything is uploaded")
        server.stop(signal.SIGKILL)
    assert forget_parts(tmp_path) > 0
    with stored(tmp_path, s3_server.endpoint, "comes-back") as server:
        send(server, EVENTS, 10)
        [row] = server.ask("* | stats count() as events, sum(number) as total")
        count = EVENTS + 10
        assert row == {"events": count, "total": count * (count - 1) // 2}
        assert server.metric("logstore_object_fetches_total") > 0
        assert KEYS.key not in server.said


def test_store_that_is_down_costs_old_events_for_a_while_and_nothing_else(tmp_path, s3_proxy: Proxy):
    """While it does not answer the server starts, is ready, takes events and answers, and says what lacks and why."""
    with stored(tmp_path, s3_proxy.endpoint, "goes-down") as server:
        send(server, 0, EVENTS)
        wait_until(lambda: uploaded(server), "everything is uploaded")
    forget_parts(tmp_path)
    s3_proxy.spoil = Spoil.REFUSES
    with stored(tmp_path, s3_proxy.endpoint, "goes-down") as server:
        wait_until(lambda: "cannot read s3://logs/goes-down" in server.said, "the server says what is wrong")
        assert server.get("/readyz")
        send(server, EVENTS, 10)
        done = run("query", "* | stats count(number) as events", "--server", server.url, "--all", "--format", "jsonl")
        assert json.loads(done.stdout) == {"events": 10}
        assert done.returncode != 0
        assert b"PARTIAL ANSWER" in done.stderr
        assert b"cannot read s3://logs/goes-down/parts/" in done.stderr
        s3_proxy.spoil = Spoil.NOTHING

        def whole():
            return server.ask("* | stats count(number) as events") == [{"events": EVENTS + 10}]

        wait_until(whole, "the answer is whole again")
        wait_until(lambda: uploaded(server), "everything is uploaded")


def test_server_that_ends_in_the_middle_of_uploads(tmp_path, s3_server: S3Server, s3_proxy: Proxy):
    """While the store leaves uploads unanswered the server stops soon, or is killed; the next start uploads all."""
    s3_proxy.wanted = lambda method, path: method == "PUT" and "/parts/" in path
    for ending in (signal.SIGKILL, signal.SIGTERM):
        s3_proxy.spoil = Spoil.HANGS
        del s3_proxy.requests[:]
        with stored(tmp_path, s3_proxy.endpoint, "hangs") as server:
            send(server, 0, 100)
            wait_until(lambda: any("/parts/" in one for one in s3_proxy.requests), "an upload has begun")
            assert server.stop(ending) == (0 if ending is signal.SIGTERM else -signal.SIGKILL)
    s3_proxy.spoil = Spoil.NOTHING
    with stored(tmp_path, s3_proxy.endpoint, "hangs") as server:
        wait_until(lambda: uploaded(server), "everything is uploaded")
        assert server.ask("* | stats count(number) as events") == [{"events": 200}]
    objects = open_objects(s3_server.location("hangs"))
    parts = {path.relative_to(tmp_path / "data").as_posix() for path in (tmp_path / "data").rglob("*.parquet")}
    found = {info.name for info in objects.list("parts") if info.name.endswith(".parquet")}
    assert found == {name for name in parts if name.startswith("parts/")}


def test_backup_in_object_storage_of_what_is_there(tmp_path, s3_server: S3Server):
    """The commands reach both with the server's settings; what comes back is all of it."""
    with stored(tmp_path, s3_server.endpoint, "backed-up") as server:
        send(server, 0, 500)
        wait_until(lambda: uploaded(server), "everything is uploaded")
    assert forget_parts(tmp_path) > 0
    config = ("--config", tmp_path / "data.toml")
    place = f"s3://{BUCKET}/backups"
    for command in (
        ("backup", "make", place, "--data", tmp_path / "data", *config),
        ("backup", "verify", place, *config),
        ("restore", place, tmp_path / "new", *config),
    ):
        done = run(*command)
        assert done.returncode == 0, done.stderr.decode()
    done = run("query", "* | stats count(number) as events", "--data", tmp_path / "new", "--all", "--format", "jsonl")
    assert json.loads(done.stdout) == {"events": 500}
    done = run("query", "* | stats count(number) as events", "--data", tmp_path / "data", "--all", "--format", "jsonl")
    assert done.returncode != 0
    assert b"ask the server" in done.stderr


def test_settings_that_cannot_work_are_refused_at_the_start(tmp_path):
    """Before anything is made, with what is wrong."""
    config = tmp_path / "logstore.toml"
    config.write_text('[object_storage]\nurl = "s3://bucket/x"\ncredentials_file = "no-such-keys"\n')
    done = run("serve", "--data", tmp_path / "data", "--config", config)
    assert done.returncode != 0
    assert b"no-such-keys" in done.stderr
    assert not (tmp_path / "data").exists()

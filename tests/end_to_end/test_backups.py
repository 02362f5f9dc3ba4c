"""Backups of a running server, and what can be brought back of them."""

import json
import signal
from pathlib import Path

from logstore.storage.layout import PARTS
from tests.end_to_end.packing import NS, Sender, chunk
from tests.end_to_end.processes import run, serving, wait_until
from tests.end_to_end.test_damage import UNSCRUBBED, asked, flip

T0 = 1_795_341_600 * NS


def send(server, first, count=50):
    """Events with numbers of their own, acknowledged."""
    events = [(T0 + number, {"n": number, "message": f"event {number}"}) for number in range(first, first + count)]
    with Sender(server.forward_port) as sender:
        sender.send(chunk("kept", events).message)
        sender.ack()


def done(*arguments):
    """What a command that succeeds writes."""
    result = run(*arguments)
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode()


def test_everything_acknowledged_before_a_backup_is_in_it(tmp_path):
    """Also what is only in the log; each restored directory has exactly the events of its instant."""
    data, place = tmp_path / "data", tmp_path / "place"
    with serving(data, config="[storage]\nseal_age_s = 1\n") as server:
        send(server, 0)
        wait_until(lambda: server.metric("logstore_parts") == 1, "the events are sealed")
    with serving(data) as server:
        send(server, 50)
        first = json.loads(done("backup", place, "--data", data, "--format", "json"))
        send(server, 100)
        second = json.loads(done("backup", "make", place, "--data", data, "--format", "json"))
        assert second["new_files"] < first["new_files"]
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    assert done("backup", "verify", place) == "2 backups are sound\n"
    for ident, count in ((first["id"], 100), (second["id"], 150)):
        done("restore", place, tmp_path / ident, "--at", ident)
        with serving(tmp_path / ident) as restored:
            assert restored.ask("* | stats count(), exact_distinct(n) as kinds") == [{"count": count, "kinds": count}]
    again = run("restore", place, tmp_path / second["id"])
    assert again.returncode == 2
    assert b"is not empty" in again.stderr


def test_nothing_else_is_put_into_a_data_directory(tmp_path):
    """Neither a backup nor an export: the next start would not know what it holds, and the backup would hold itself."""
    data = tmp_path / "data"
    with serving(data) as server:
        assert server.stop() == 0
    before = sorted(data.rglob("*"))
    backup = run("backup", data / "backups", "--data", data)
    export = run("export", "*", "--all", "--data", data, "--output", data / PARTS / "export")
    assert (backup.returncode, export.returncode) == (2, 2)
    assert b"is in the data directory" in backup.stderr
    assert b"is in the data directory" in export.stderr
    assert sorted(data.rglob("*")) == before


def test_a_damaged_part_comes_back_while_the_server_runs(tmp_path):
    """Found by a query, brought back from a backup, and in answers again, all without a restart."""
    data, place = tmp_path / "data", tmp_path / "place"
    with serving(data) as server:
        send(server, 0)
        server.stop()
    done("backup", place, "--data", data)
    (part,) = Path(data / PARTS).rglob("*.parquet")
    flip(part, part.stat().st_size // 2)
    with serving(data, config=UNSCRUBBED) as server:
        assert asked(server, "* | stats count(n) as count")[:2] == ([{"count": 0}], 3)
        wait_until(lambda: _is_noted(data), "the catalog knows")
        assert "is back" in done("restore", place, data, "--damaged")
        wait_until(lambda: server.metric("logstore_parts_unfit") == 0, "the part is listed again")
        assert asked(server, "* | stats count(n) as count")[:2] == ([{"count": 50}], 0)


def _is_noted(data):
    listed = run("quarantine", "list", "--data", data, "--format", "jsonl").stdout.splitlines()
    return [json.loads(line)["kind"] for line in listed] == ["damaged part"]


def test_old_backups_are_removed_with_what_only_they_need(tmp_path):
    """`--keep` leaves the newest, whole; a flipped bit in it is found."""
    data, place = tmp_path / "data", tmp_path / "place"
    with serving(data) as server:
        for number in range(3):
            send(server, 50 * number)
            done("backup", place, "--data", data, "--keep", 2)
    listed = done("backup", "list", place, "--format", "json").splitlines()
    assert len(listed) == 2
    assert done("backup", "verify", place) == "2 backups are sound\n"
    largest = max((place / "files").rglob("*"), key=lambda path: path.is_file() and path.stat().st_size)
    flip(largest, 10)
    verified = run("backup", "verify", place)
    assert verified.returncode == 1
    assert b"is not what was put there" in verified.stdout

"""Word indexes as people meet them: made with the parts, used, lost, made again."""

from tests.end_to_end.packing import NS, Sender, chunk
from tests.end_to_end.processes import run, serving, wait_until
from tests.end_to_end.test_commands import NOW


def test_lost_indexes_are_made_again(tmp_path):
    """By the server by itself, by a command that waits for it, and by one on a directory without a server."""
    data = tmp_path / "data"
    hour = NOW // (3600 * NS) * 3600 * NS
    records = [(hour + NS * number, {"message": f"order{number}x done"}) for number in range(50)]
    with serving(data) as server, Sender(server.forward_port) as sender:
        sender.send(chunk("app.web", records).message)
        sender.ack()
        assert run("reindex", "--server", server.url, "--all").stdout == b"made 0\n"
        refused = run("reindex", "--data", str(data))
        assert (refused.returncode, b"is in use" in refused.stderr) == (1, True)
        server.stop()
    (index,) = data.rglob("*.words")
    index.unlink()
    assert run("reindex", "--data", str(data)).stdout == b"made 1\n"
    assert run("reindex", "--data", str(data)).stdout == b"made 0\n"
    index.write_bytes(b"not an index")
    with serving(data) as server:
        assert [row["message"] for row in server.query("order17x", "--all")] == ["order17x done"]
        wait_until(lambda: server.metric("logstore_indexes_made_total") == 1, "the index is made again")
        assert server.metric("logstore_indexes_damaged_total") == 1
        assert b"the word index rules it out" in run("explain", "zeppelin", "--all", "--server", server.url).stdout
        assert (
            b"word indexes of 1 part asked"
            in run("explain", "--analyze", "zeppelin", "--all", "--server", server.url).stdout
        )
        assert run("reindex", "--server", server.url, "--all").stdout == b"made 1\n"
        assert [row["message"] for row in server.query("*rder17x do*", "--all")] == ["order17x done"]
        server.stop()

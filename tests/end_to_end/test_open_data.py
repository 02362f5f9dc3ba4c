"""The data directory as other programs see it, and what the documentation says of it."""

import csv
import hashlib
import io
import json
import re
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from logstore.app.export_manifest import VERSION
from tests.end_to_end.packing import NS, Sender, chunk
from tests.end_to_end.processes import run, serving
from tests.end_to_end.test_commands import on_terminal

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "open-data.md").read_text()
START = 1_764_000_000 * NS
HOUR = 3600 * NS
ROWS = 60
ONCE = ("--all", "--server")


def record(hour, number):
    """A record; hour 1 has too many fields for columns, in hour 2 `status` has two types."""
    fields = {"message": f"{hour}.{number}", "level": "error" if number % 3 else "info", "number": number}
    fields["kubernetes"] = {"pod": {"name": f"pod-{number}"}}
    fields["status"] = "five hundred" if hour == 2 and number % 2 else 500
    if hour == 1:
        fields |= {f"f{number}.{place}": place for place in range(30)}
        fields |= {"request": {"id": f"r{number}"}} if number == 19 else {}
    return fields


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A running server with events of three hours: those of two are in a part for each hour, the others in none yet."""
    data = tmp_path_factory.mktemp("open") / "data"
    for hours in (range(2), range(2, 3)):
        with serving(data, config="[compaction]\nenabled = false\n") as server:
            with Sender(server.forward_port) as sender:
                for hour in hours:
                    events = [(START + hour * HOUR + number * 1001, record(hour, number)) for number in range(20)]
                    sender.send(chunk(f"app.{hour % 2}", events).message)
                    sender.ack()
            if hours[0] == 0:
                assert server.stop() == 0
            else:
                yield server


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A data directory after a clean stop, with the same events."""
    data = tmp_path_factory.mktemp("stopped") / "data"
    with serving(data) as server:
        with Sender(server.forward_port) as sender:
            for hour in range(3):
                events = [(START + hour * HOUR + number * 1001, record(hour, number)) for number in range(20)]
                sender.send(chunk(f"app.{hour % 2}", events).message)
                sender.ack()
        assert server.stop() == 0
    # Readers of the directory have files of their own in it.
    (data.parent / "left").write_text(
        "\n".join(path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_file())
    )
    return data


def blocks(language, data):
    """The examples of the documentation, for a data directory."""
    found = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return [block.replace("/var/lib/logstore", str(data)) for block in found]


def counts(data):
    """What the examples ask, by Logstore itself."""
    done = run("query", "* | stats count() as events by tag, level", "--all", "--data", data)
    return sorted(
        tuple(json.loads(line)[key] for key in ("tag", "level", "events")) for line in done.stdout.splitlines()
    )


def test_examples_for_duckdb(stopped):
    """They count what Logstore counts, and reach into `_more`; a part outside the window is not read."""
    first, second = blocks("sql duckdb", stopped)
    with duckdb.connect() as connection:
        rows = connection.execute(first).fetchall()
        assert [row[:3] for row in rows] == counts(stopped)
        (least,) = connection.execute(
            "SELECT epoch_ns(min(time)) FROM read_parquet(getvariable('parts'), union_by_name => true)"
        ).fetchone()
        assert least == START
        rows = connection.execute(second).fetchall()
        assert len(rows) == 13
        assert ("1.19", '"r19"') in rows
        assert connection.execute("SELECT len(getvariable('parts'))").fetchone() == (1,)


def test_example_for_polars(stopped):
    """It counts what Logstore counts, also where a column has two types."""
    (example,) = blocks("python polars", stopped)
    said = {}
    exec(example, said)  # noqa: S102 (our own documentation)
    assert said["answer"].rows() == counts(stopped)
    assert said["events"].collect_schema()["time"] == pl.Datetime("ns", "UTC")
    assert said["events"].collect().height == ROWS


def test_examples_for_others_are_python_and_read_the_list(stopped):
    """What is not run here is at least a program, of the files that are listed."""
    for name in ("python pandas", "python spark"):
        (example,) = blocks(name, stopped)
        compile(example, name, "exec")
        reading = example[example.index("data = ") : example.index("\n\n", example.index("data = "))]
        said = {"json": json}
        exec(reading, said)  # noqa: S102 (likewise)
        assert sum(pq.read_metadata(part).num_rows for part in said["parts"]) == ROWS


def test_columns_are_what_the_page_says(stopped):
    """The types of the fixed columns, two types of one field, and the rare fields."""
    parts = json.loads((stopped / "parts.json").read_text())["parts"]
    schemas = [pq.read_schema(stopped / part["path"]) for part in parts]
    for schema in schemas:
        assert schema.names[:5] == ["time", "_seq", "tag", "message", "level"]
        assert schema.field("time").type == pa.timestamp("ns", "UTC")
        assert schema.field("_seq").type == pa.int64()
    assert sorted(name for name in schemas[2].names if name.startswith("status")) == ["status", "status#int"] or (
        sorted(name for name in schemas[2].names if name.startswith("status")) == ["status", "status#text"]
    )
    assert schemas[1].names[-1] == "_more"


def test_members_of_the_list_are_those_of_the_page(stopped):
    """Each is told, and no other."""
    told = json.loads((stopped / "parts.json").read_text())
    members = {*told, *told["parts"][0]} - {"parts", "version"}
    rows = re.findall(r"^\| (`.+?`) \|", PAGE.split("## parts.json")[1].split("## DuckDB")[0], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == members
    assert told["rows"] == ROWS


def test_nothing_else_is_left_after_a_clean_stop(stopped):
    """Only what docs/storage-format.md lists; of the parts only those that are live."""
    live = {part["path"] for part in json.loads((stopped / "parts.json").read_text())["parts"]}
    found = set((stopped.parent / "left").read_text().splitlines())
    assert {name for name in found if name.startswith("parts/")} >= live
    known = {"format", "lock", "catalog.sqlite", "parts.json", *live}
    known |= {path.removesuffix(".parquet") + ".words" for path in live}
    patterns = r"chunk-ids/\d+\.ids|ledger/\d+\.parquet|decode-settings/[0-9a-f]{14}\.json"
    assert {name for name in found - known if not re.fullmatch(patterns, name)} == set()
    for name in ("format", "lock", "catalog.sqlite", "parts.json"):
        assert re.search(rf"^  {re.escape(name)} ", (DOCS / "storage-format.md").read_text(), re.MULTILINE)


def exported(directory):
    """The manifest of an export, whose files are as it says, and their contents in order."""
    manifest = json.loads((directory / "manifest.json").read_text())
    contents = []
    for file in manifest["files"]:
        content = (directory / file["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
        contents.append(content)
    assert {path.name for path in directory.iterdir()} == {
        "manifest.json",
        *(file["name"] for file in manifest["files"]),
    }
    assert sum(file["rows"] for file in manifest["files"]) == manifest["rows"]
    return manifest, contents


@pytest.mark.parametrize("of", ["server", "data"])
def test_exports_hold_all_rows_in_order(store, tmp_path, of):
    """As Parquet, JSON lines and CSV, from a server and from a directory; files begin anew after some rows."""
    target = ("--all", f"--{of}", store.url if of == "server" else store.data)
    expected = store.query("*", "--all", "--limit", 1000)
    for name in ("parquet", "jsonl", "csv"):
        output = tmp_path / name
        done = run("export", "*", "--output", output, "--format", name, "--max-file-rows", 25, *target)
        assert (done.returncode, done.stdout) == (0, b"")
        assert b"60 rows in 3 files" in done.stderr
        manifest, contents = exported(output)
        assert [file["rows"] for file in manifest["files"]] == [25, 25, 10]
        assert messages(name, contents) == [row["message"] for row in expected]
    assert (manifest["version"], manifest["query"], manifest["window"]) == (VERSION, "*", {"from": None, "to": None})
    assert manifest["seq"] >= ROWS
    documented = re.findall(r"^\| (`.+?`) \|", PAGE.split("comes `manifest.json`")[1], re.MULTILINE)
    assert {name for row in documented for name in re.findall(r"`(\w+)`", row)} == set(manifest)


def messages(name, contents):
    """The messages in exported files."""
    if name == "parquet":
        tables = [pq.read_table(io.BytesIO(content)) for content in contents]
        assert {table.schema.field("time").type for table in tables} == {pa.timestamp("ns", "UTC")}
        return [message for table in tables for message in table["message"].to_pylist()]
    if name == "jsonl":
        return [json.loads(line)["message"] for content in contents for line in content.splitlines()]
    return [row["message"] for content in contents for row in csv.DictReader(io.StringIO(content.decode()))]


def test_compressed_exports_and_windows(store, tmp_path):
    """Files are zstd as a whole; the manifest has the window in absolute times, whatever was said."""
    hour = ("--from", "2025-11-24T17:00:00Z", "--to", "2025-11-24T18:00:00Z", "--server", store.url)
    done = run("export", "* | fields message", "--output", tmp_path, "--format", "jsonl", "--zstd", *hour)
    assert done.returncode == 0, done.stderr
    manifest, (content,) = exported(tmp_path)
    assert manifest["files"][0]["name"] == "000001.jsonl.zst"
    assert manifest["compression"] == "zstd"
    assert manifest["window"] == {"from": "2025-11-24T17:00:00.000000000Z", "to": "2025-11-24T18:00:00.000000000Z"}
    assert len(zstandard.ZstdDecompressor().decompressobj().decompress(content).splitlines()) == 20


def test_files_begin_anew_after_some_bytes(store, tmp_path):
    """About: a file ends after the step that filled it."""
    done = run(
        "export", "*", "--output", tmp_path / "a", "--max-file-bytes", 1, "--max-file-rows", 50, *ONCE, store.url
    )
    assert done.returncode == 0
    assert [file["rows"] for file in exported(tmp_path / "a")[0]["files"]] == [50, 10]


def test_an_export_without_rows_has_its_columns(store, tmp_path):
    """One file, which other engines can read."""
    done = run("export", "nothing_like_this | fields tag, message", "--output", tmp_path / "a", *ONCE, store.url)
    assert (done.returncode, exported(tmp_path / "a")[0]["rows"]) == (0, 0)
    assert pq.read_table(tmp_path / "a" / "000001.parquet").column_names == ["tag", "message"]


def test_a_directory_that_is_not_empty_is_refused(store, tmp_path):
    """With a sentence that says what to do; what was there stays."""
    (tmp_path / "mine").write_text("mine")
    done = run("export", "*", "--output", tmp_path, "--server", store.url)
    assert done.returncode == 2
    assert b"not empty" in done.stderr
    assert b"name another directory" in done.stderr
    done = run("export", "*", "--output", tmp_path / "mine", "--server", store.url)
    assert (done.returncode, (tmp_path / "mine").read_text()) == (2, "mine")
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "000001.csv.zst.tmp").write_text("")
    done = run("export", "*", "--output", tmp_path / "left", "--server", store.url)
    assert b"broken off" in done.stderr


@pytest.mark.parametrize("made", [True, False])
def test_what_fails_leaves_nothing(store, tmp_path, made):
    """A query that is wrong, and a server that is not there: the directory is as it was."""
    output = tmp_path / "out"
    if made:
        output.mkdir()
    for query, server in (("* | nonsense", store.url), ("*", "http://127.0.0.1:1")):
        done = run("export", query, "--output", output, "--server", server)
        assert done.returncode == 1
        assert b"Traceback" not in done.stderr
        assert list(tmp_path.iterdir()) == ([output] if made else [])
        assert not made or list(output.iterdir()) == []


def test_progress_is_shown_on_a_terminal_alone(store, tmp_path):
    """And the summary everywhere."""
    shown, code = on_terminal("export", "*", "--all", "--output", str(tmp_path / "a"), "--server", store.url)
    assert code == 0
    assert "60 rows, 1 file" in shown
    assert "60 rows in 1 file" in shown


@pytest.mark.parametrize("of", ["server", "data"])
def test_parts_are_listed(store, of):
    """Those that are sealed, newest first; by time and tag; in every format."""
    target = (f"--{of}", store.url if of == "server" else store.data)
    parts = [json.loads(line) for line in run("parts", *target).stdout.splitlines()]
    assert [part["rows"] for part in parts] == [20, 20]
    assert [part["time"] for part in parts] == ["2025-11-24T17:00:00.000000000Z", "2025-11-24T16:00:00.000000000Z"]
    assert [part["tags"] for part in parts] == [["app.1"], ["app.0"]]
    for part in parts:
        assert (store.data / part["path"]).stat().st_size == part["bytes"]
    for only in (("--tag", "app.1"), ("--from", "2025-11-24T17:00:00Z"), ("--limit", "1")):
        done = run("parts", *only, *target)
        assert [json.loads(line)["path"] for line in done.stdout.splitlines()] == [parts[0]["path"]]
    assert run("parts", *only, *target, "--format", "csv").stdout.count(b"\n") == 2
    assert run("parts", "--since", "soon", *target).returncode == 2
    shown, _ = on_terminal("parts", *map(str, target))
    assert "index_bytes" not in shown.splitlines()[0] or "bytes" in shown.splitlines()[0]
    documented = (DOCS / "http-api.md").read_text().split("| field of a part |")[1].split("## ")[0]
    fields = {
        name for row in re.findall(r"^\| (`.+?`) \|", documented, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert set(parts[0]) <= fields

"""Answers asked again, and gone on with page by page."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logstore.clock import SystemClock
from logstore.errors import CallerError, GoneError, QueryError
from logstore.model.snapshot import Deletion, Snapshot
from logstore.model.snapshot_id import SnapshotId
from logstore.model.timespan import EVERYTHING, TimeSpan
from query.engine import Engine, Request
from query.execution.limits import Limits
from query.pinning import MOST_EPOCHS, Pins
from query.sandbox.door import SqlRequest
from tests.query.sql.laid_down import NOW_NS, batch, engine_of, events, in_memory, part, read, taken

S = 10**9


def _deletion(number: int, search: str = "*", seq: int = 1_000) -> Deletion:
    return Deletion(number, search, EVERYTHING, seq, NOW_NS)


def test_the_same_is_asked_again_whatever_came_in_and_wherever_it_lies_now(tmp_path):
    """Events that came later are in the same part by now; they are not seen."""
    source = events({"n": 1}, {"n": 2})
    with engine_of(source) as engine:
        first = read(engine, "* | fields n, message")
        later = batch([{"n": 1}, {"n": 2}, {"n": 3}])
        source.held = in_memory(batch([{"_seq": 9, "n": 4}]), parts=[part(tmp_path / "a.parquet", later)]).held
        again = read(engine, "* | fields n, message", at=first.facts.snapshot)
        assert [row["n"] for row in read(engine, "*").rows] == [3, 2, 4, 1]
        assert (again.rows, again.columns, again.facts.snapshot) == (first.rows, first.columns, first.facts.snapshot)
        assert again.facts.notices == ()


def test_counts_of_many_files_are_bounded_too(tmp_path):
    """Also those that the files' statistics tell; a file may hold events of before and after."""
    source = events({"n": 1}, {"n": 2})
    engine = Engine(source, Limits(threads=1, statement_files=1), SystemClock())
    with closing(engine):
        snapshot = read(engine, "*").facts.snapshot
        straddling = part(tmp_path / "a.parquet", batch([{"_seq": n, "n": n} for n in (1, 3)]))
        later = part(tmp_path / "b.parquet", batch([{"_seq": n, "n": n} for n in (4, 5)]))
        whole = part(tmp_path / "c.parquet", batch([{"_seq": 2, "n": 2}]))
        source.held = in_memory(parts=[straddling, later, whole]).held
        assert read(engine, "* | count").rows == [{"count": 5}]
        assert read(engine, "* | count", at=snapshot).rows == [{"count": 2}]
        assert read(engine, "* | stats sum(n) as n, max(n) as m", at=snapshot).rows == [{"n": 3, "m": 2}]


def test_sql_and_queries_ask_the_same_snapshots():
    """An id of one serves for the other."""
    source = events({"n": 1})
    with engine_of(source) as engine:
        snapshot = read(engine, "*").facts.snapshot
        source.held = events({"n": 1}, {"n": 2}).held
        with engine.sql(SqlRequest("SELECT n FROM logs", at=snapshot)) as answer:
            found = taken(answer)
        assert found.rows == [{"n": 1}]
        assert read(engine, "* | count", at=found.facts.snapshot).rows == [{"count": 1}]


def test_what_time_it_is_belongs_to_the_snapshot():
    """`now()` and `time:15m` mean what they meant."""
    with engine_of(events({"n": 1})) as engine:
        first = read(engine, "* | let at = now()", now_ns=NOW_NS)
        again = read(engine, "* | let at = now()", now_ns=None, at=first.facts.snapshot)
        assert again.rows == first.rows
        with engine.sql(SqlRequest("SELECT now() AS at", at=first.facts.snapshot)) as answer:
            assert taken(answer).rows == [{"at": NOW_NS}]


def test_what_was_deleted_since_is_gone_from_it_too_and_told():
    """Deletion wins; the answer says that it is not what it was."""
    source = events({"n": 1}, {"n": 2})
    with engine_of(source) as engine:
        snapshot = read(engine, "*").facts.snapshot
        source.held = replace(source.held, deletions=(_deletion(1, "n:1"),))
        again = read(engine, "*", at=snapshot)
        assert [row["n"] for row in again.rows] == [2]
        assert ["were deleted after" in notice.message for notice in again.facts.notices] == [True]


def test_what_was_deleted_then_stays_deleted():
    """Also when the deletion was undone since."""
    source = events({"n": 1}, {"n": 2})
    source.held = replace(source.held, deletions=(_deletion(1, "n:1"),))
    with engine_of(source) as engine:
        first = read(engine, "*")
        source.held = replace(source.held, deletions=())
        assert len(read(engine, "*").rows) == 2
        assert read(engine, "*", at=first.facts.snapshot).rows == first.rows


def test_an_id_of_another_run_is_gone():
    """As after a restart: numbers may have been given anew since. It says what to do."""
    with engine_of(events({"n": 1})) as engine:
        snapshot = read(engine, "*").facts.snapshot
    with engine_of(events({"n": 1})) as engine, pytest.raises(GoneError, match="started again") as gone:
        read(engine, "*", at=snapshot)
    assert gone.value.hint == "ask again without it, and use the id that the answer tells"


def test_an_id_that_is_none_is_refused():
    """By either language."""
    with engine_of(events({"n": 1})) as engine:
        for ask in (lambda: engine.query(Request("*", at="x")), lambda: engine.sql(SqlRequest("SELECT 1", at="x"))):
            with pytest.raises(CallerError, match="not the id of a snapshot"):
                ask()
        with pytest.raises(CallerError, match="not the id of a row"):
            engine.query(Request("*", after="x"))


def test_only_so_many_changes_of_deletions_are_remembered():
    """Each changes what a snapshot is; what it costs is bounded."""
    pins = Pins()
    first = pins.name(Snapshot(5), NOW_NS)
    assert pins.name(Snapshot(7), NOW_NS).epoch == first.epoch
    for number in range(1, MOST_EPOCHS):
        pins.name(Snapshot(5, deletions=(_deletion(number),)), NOW_NS)
    assert pins.again(first, Snapshot(9)).snapshot == Snapshot(5)
    pins.name(Snapshot(5, deletions=(_deletion(MOST_EPOCHS),)), NOW_NS)
    with pytest.raises(GoneError, match="more than 1,000 times"):
        pins.again(first, Snapshot(9))
    with pytest.raises(GoneError, match="another server"):
        pins.again(SnapshotId(first.run, first.epoch, 10, NOW_NS), Snapshot(9))


_TIMES = st.lists(st.integers(0, 5), max_size=40)


@settings(max_examples=25, deadline=None)
@given(
    _TIMES, _TIMES, st.integers(1, 7), st.sampled_from(["*", "n:>2", "* | fields n", "* | dedup n", "* | let m = n"])
)
def test_pages_put_together_are_the_whole_answer(tmp_path_factory, sealed, recent, size, text):
    """Without gaps and repeats, with many events at the same time, whatever comes in between two pages."""
    folder = tmp_path_factory.mktemp("pages")
    rows = [{"time": NOW_NS + time, "_seq": place + 1, "n": time} for place, time in enumerate([*sealed, *recent])]
    parts = [part(folder / "a.parquet", batch(rows[: len(sealed)]), 5)] if sealed else []
    heads = [batch(rows[len(sealed) :])] if recent else []
    source = in_memory(*heads, parts=parts)
    with engine_of(source) as engine:
        whole = read(engine, text, limit=1_000, ids=True)
        pages, at, after = [], whole.facts.snapshot, None
        while True:
            source.held = replace(source.held, head=(*source.held.head, _news(source.held)), seq=source.held.seq + 1)
            page = read(engine, text, limit=size, at=at, after=after, ids=True)
            pages += page.rows
            assert (page.facts.next is not None) == page.facts.cut
            if page.facts.next is None:
                break
            after = page.facts.next
            assert after == page.rows[-1]["_row"]
        assert pages == whole.rows


def _news(snapshot: Snapshot):
    return batch([{"time": NOW_NS + snapshot.seq % 6, "_seq": snapshot.seq + 1, "n": snapshot.seq % 6}])


def test_a_page_does_not_read_what_is_before_it(tmp_path):
    """Rows behind one are no newer than it."""
    parts = [part(tmp_path / f"{n}.parquet", batch([{"time": NOW_NS + n * S, "_seq": n, "n": n}])) for n in range(5)]
    with engine_of(in_memory(parts=parts)) as engine:
        first = read(engine, "*", limit=3)
        assert [row["n"] for row in first.rows] == [4, 3, 2]
        with engine.query(Request("*", limit=3, after=first.facts.next, now_ns=NOW_NS)) as answer:
            (make,) = answer._work.statements()
            assert len(make(without=frozenset()).reads) == 3


def test_a_row_need_not_be_there_any_more():
    """What is behind a deleted row is found all the same."""
    source = events({"n": 1}, {"n": 2}, {"n": 3})
    with engine_of(source) as engine:
        rows = read(engine, "*", ids=True).rows
        source.held = replace(source.held, deletions=(_deletion(1, "n:2"),))
        assert [row["n"] for row in read(engine, "*", after=rows[1]["_row"]).rows] == [1]


@pytest.mark.parametrize(
    "text",
    [
        "* | count",
        "* | sort n",
        "* | sample 1",
        "* | union (*)",
        "* | join (* | count by n) on n",
        "* | limit 2",
        "* | top 2 n",
        "* | sort n | limit 1",
    ],
)
def test_only_events_in_their_own_order_can_be_gone_on_with(text):
    """Other rows have no place that an id could tell; so their answers name no row either."""
    with engine_of(events({"n": 1}, {"n": 2})) as engine:
        assert read(engine, text, limit=1).facts.next is None
        with pytest.raises(QueryError, match="newest first"):
            engine.query(Request(text, after="1.1"))


def test_rows_that_are_no_events_have_no_ids():
    """Whoever asks for ids gets the rows as they are."""
    with engine_of(events({"n": 1})) as engine:
        assert read(engine, "* | count by n", ids=True).rows == [{"n": 1, "count": 1}]


def test_ids_stand_behind_the_fields_and_before_the_rare_ones():
    """Of sorted events too; what an id is does not depend on where the event lies."""
    source = in_memory(batch([{"time": 5, "_seq": 3, "n": 1, "rare": 2}], frozenset({"rare"})))
    with engine_of(source) as engine:
        found = read(engine, "* | sort n", ids=True)
        assert found.columns == ("time", "level", "tag", "message", "n", "_row")
        assert found.rows[0]["_row"] == "5.3"
        assert found.rows[0]["_more"] == {"rare": "2"}
        assert read(engine, "* | fields n", ids=True).rows == [{"n": 1, "_row": "5.3"}]


def test_a_field_of_the_name_of_the_ids_is_not_hidden():
    """It is an error that says so."""
    with engine_of(events({"_row": 1})) as engine:
        with pytest.raises(QueryError, match="a field _row of their own"):
            read(engine, "*", ids=True)
        assert read(engine, "* | rename _row as row", ids=True).rows[0]["row"] == 1
        assert read(engine, "*").rows[0]["_row"] == 1


def test_a_window_is_kept_on_each_page():
    """Its start as well as its end."""
    source = events(*({"time": NOW_NS + n, "n": n} for n in range(6)))
    with engine_of(source) as engine:
        window = TimeSpan(NOW_NS + 1, NOW_NS + 5)
        first = read(engine, "*", window=window, limit=2)
        rest = read(engine, "*", window=window, after=first.facts.next)
        assert [row["n"] for row in (*first.rows, *rest.rows)] == [4, 3, 2, 1]

"""The decoder against the naive reference, for any records in any arrangement."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decode.decoder import PlainDecoder
from ingest.decode.settings import DecodeSettings
from ingest.decode.values import Ext
from logstore.model.merge import concat_batches
from logstore.model.schema import Kind
from tests.ingest.decode.reference import Reference
from tests.ingest.decode.strategies import NAMES, RECORDS, maps
from tests.ingest.decode.wire import Mode, entries_payload, entry, event_time, pack, packed
from tests.logstore.model.batches import read_batch
from tests.logstore.model.values import comparable

TIME_NS = 1_700_000_000_000_000_001
TIME = event_time(1_700_000_000, 1)


def expected_rows(events, reference):
    """The rows that the reference makes of (seq, tag, sources) triples."""
    rows = []
    for seq, tag, sources in events:
        found = reference.fields(*sources)
        if found is not None:
            built_in = {"time": (Kind.TIME, TIME_NS), "_seq": (Kind.INT, seq), "tag": (Kind.TEXT, tag)}
            rows.append({name: (kind, comparable(value)) for name, (kind, value) in (found | built_in).items()})
    return rows


@given(st.lists(RECORDS, max_size=6))
@settings(max_examples=150)
def test_records_become_what_the_rules_say(records):
    """Fields, kinds, values and counts of changes are those of the reference."""
    reference = Reference()
    rows = expected_rows([(1000 + i, "app", (record,)) for i, record in enumerate(records)], reference)
    decoded = PlainDecoder().decode([packed(entries_payload([TIME, record] for record in records))])
    assert read_batch(decoded.batch) == rows
    assert decoded.rejections == ()
    assert decoded.changes == dict(+reference.changes)


@given(st.lists(st.tuples(RECORDS, RECORDS), min_size=1, max_size=3), RECORDS, RECORDS)
@settings(max_examples=60)
def test_metadata_and_groups_become_what_the_rules_say(events, group, group_metadata):
    """As above, for events with metadata of their own within a log group."""
    reference = Reference()
    sources = [(record, metadata, group, group_metadata) for record, metadata in events]
    rows = expected_rows([(1001 + i, "app", source) for i, source in enumerate(sources)], reference)
    start = [[Ext(0, b"\xff\xff\xff\xff\0\0\0\0"), group_metadata], group]
    payload = entries_payload([start, *([[TIME, metadata], record] for record, metadata in events)])
    decoded = PlainDecoder().decode([packed(payload)])
    assert read_batch(decoded.batch) == rows
    assert decoded.changes == dict(+reference.changes)


@given(st.lists(maps(st.sampled_from(["x", 1, 2.5, [1]]), 12), max_size=5), st.integers(5, 12))
@settings(max_examples=50)
def test_no_value_is_lost_past_the_columns(records, max_columns):
    """However few columns there may be, every value can be read back by its field."""
    decoder = PlainDecoder({0: DecodeSettings(max_columns=max_columns)})
    payload = entries_payload([TIME, record] for record in records)
    decoded = decoder.decode([packed(payload)])
    assert len(decoded.batch.columns) <= max(max_columns, 5)
    assert read_batch(decoded.batch) == read_batch(PlainDecoder().decode([packed(payload)]).batch)


MESSAGE_ENTRIES = st.lists(
    st.tuples(st.sampled_from(["app", b"app.db", ""]), RECORDS).map(lambda found: [found[0], TIME, found[1]]),
    max_size=4,
)


@given(st.lists(MESSAGE_ENTRIES | st.lists(RECORDS, max_size=4), max_size=5), st.data())
@settings(max_examples=60)
def test_grouping_of_entries_makes_no_difference(chunks, data):
    """Decoding any pieces of the log and joining them is decoding it whole."""
    log, seq = [], 1
    for events in chunks:
        messages = bool(events) and isinstance(events[0], list)
        mode = Mode.MESSAGES if messages else Mode.FORWARD
        payload = b"".join(map(pack, events)) if messages else pack([[TIME, record] for record in events])
        log.append(entry(mode, payload, seq=seq))
        seq = log[-1].end
    whole = PlainDecoder().decode(log)
    decoder, pieces = PlainDecoder(), []
    while log:
        count = data.draw(st.integers(1, len(log)))
        pieces.append(decoder.decode(log[:count]))
        log = log[count:]
    joined = concat_batches(piece.batch for piece in pieces)
    assert joined.columns == whole.batch.columns
    assert read_batch(joined) == read_batch(whole.batch)
    assert [one for piece in pieces for one in piece.rejections] == list(whole.rejections)


def test_the_strategies_reach_the_hard_names():
    """The names of this test's records include all that the rules treat specially."""
    assert {"time", "tag", "message", "level", "_seq", "_more", "log.level", ""} <= set(NAMES)

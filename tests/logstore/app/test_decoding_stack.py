"""The whole stack of decoders, as the server has it: what becomes of chunks, whichever kernel runs."""

import gzip
import json
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decode.choice import Kernel, choose_decoder
from ingest.decode.document import write_document
from ingest.decode.settings import DecodeSettings
from ingest.decode.values import Ext
from logstore.app.decoding import make_decoder
from logstore.model.chunk import Chunk, Compression, Entry, Mode
from tests.ingest.decode.wire import RECEIVED_NS, event_time, pack
from tests.logstore.model.batches import read_batch

DOCUMENTS = {
    number: write_document(one)
    for number, one in enumerate(
        [
            DecodeSettings(),
            DecodeSettings(source_address_key="ip", source_hostname_key="host"),
            DecodeSettings(source_hostname_key="x", max_columns=7, max_depth=3),
        ]
    )
}
COMPILED = make_decoder(DOCUMENTS, choose_decoder(Kernel.AUTO))
PLAIN = make_decoder(DOCUMENTS, choose_decoder(Kernel.PLAIN))

TIMES = st.sampled_from([event_time(1_700_000_000, 5), 1_700_000_000, 1, 0, -1, 2.5, None])
MARKS = [[Ext(0, b"\xff\xff\xff\xff" + bytes(4)), {"resource": "r"}], [Ext(0, b"\xff\xff\xff\xfe" + bytes(4)), {}]]
VALUES = st.sampled_from([None, True, 1, -1, 2**63, 2.5, "", "t", "é\n", "info", [], [1, {"a": "b"}], {"y": "t"}, {}])
RAW_VALUES = st.one_of(VALUES, st.sampled_from([b"\xff", Ext(5, b"z")]))
KEYS = st.sampled_from(["x", "ip", "host", "message", "level", "tag", "time", "a"])
RECORDS = st.dictionaries(KEYS, RAW_VALUES, max_size=4)
TAGS = st.sampled_from(["", "app", "a.b", b"\xff"])
ENTRIES = st.one_of(st.tuples(TIMES, RECORDS).map(list), st.sampled_from([*MARKS, 7, [1], "no entry"]))
MESSAGES = st.one_of(st.tuples(TAGS, TIMES, RECORDS).map(list), st.sampled_from([7, ["t", 1]]))


@st.composite
def bodies(draw):
    """Mode and payload of a chunk; what is in it may be said several times over, so that texts repeat."""
    mode = draw(st.sampled_from(Mode))
    times = draw(st.sampled_from([1, 1, 2, 9]))
    if mode is Mode.JSON:
        values = draw(st.lists(st.one_of(st.dictionaries(KEYS, VALUES, max_size=4), st.just(3)), max_size=4)) * times
        return mode, b"\n".join(json.dumps(value).encode() for value in values) + draw(st.sampled_from([b"", b"{"]))
    events = draw(st.lists(MESSAGES if mode is Mode.MESSAGES else ENTRIES, max_size=5)) * times
    payload = b"".join(map(pack, events)) + draw(st.sampled_from([b"", b"", b"\xc1", b"\x92"]))
    if mode is Mode.FORWARD:
        return mode, bytes((0xDC, 0, len(events))) + payload
    return mode, payload


@st.composite
def logs(draw):
    """Entries of a log."""
    log, seq = [], 1
    for mode, payload in draw(st.lists(bodies(), max_size=5)):
        compression = draw(st.sampled_from([Compression.NONE, Compression.NONE, Compression.GZIP, Compression.UNKNOWN]))
        chunk = Chunk(
            mode,
            gzip.compress(payload, mtime=0) if compression is Compression.GZIP else payload,
            draw(st.sampled_from([2, 100, 100])),
            RECEIVED_NS,
            compression,
            tag="" if mode is Mode.MESSAGES else draw(st.sampled_from(["app", "b"])),
            peer=draw(st.sampled_from(["", "10.0.0.1:1", "10.0.0.2:1"])),
            source_host=draw(st.sampled_from(["", "h"])),
            settings=draw(st.sampled_from(list(DOCUMENTS))),
            options=draw(st.sampled_from([b"", b"", pack({"fluent_signal": 1})])),
            tag_rule=draw(st.sampled_from(["", "p.\0", "new"])) if mode is Mode.MESSAGES else "",
        )
        log.append(Entry(seq, chunk))
        seq = log[-1].end + draw(st.sampled_from([0, 3]))
    return log


def decoded(decoder, log):
    """Rows, rejections and changes of the whole log, call after call."""
    rows, rejections, changes = [], [], Counter()
    while log:
        found = decoder.decode(log)
        rows += read_batch(found.batch)
        rejections += found.rejections
        changes.update(found.changes)
        log = log[len(log) - found.left :]
    return rows, rejections, changes


@settings(max_examples=150, deadline=None)
@given(logs())
def test_both_kernels_and_every_grouping_give_the_same(log):
    """Events, rejections and changes; of all entries in one call, or of each in a call of its own."""
    rows, rejections, changes = together = decoded(PLAIN, log)
    assert decoded(COMPILED, log) == together
    alone = [decoded(COMPILED, [entry]) for entry in log]
    assert [row for one in alone for row in one[0]] == rows
    assert [rejection for one in alone for rejection in one[1]] == rejections
    assert sum((one[2] for one in alone), Counter()) == changes
    assert [one.seq for one in rejections] == sorted(one.seq for one in rejections)

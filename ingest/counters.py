"""What intake counts. Plain numbers, written from the event loop only and safe to read from anywhere.

Every number only grows, but those marked as gauges. To be exported under these names, with a label
where a reason is named; reasons are short fixed phrases, so there are few of them.

| attribute | metric | label |
|---|---|---|
| connections_accepted | logstore_ingest_connections_total | |
| connections_open | logstore_ingest_connections_open (gauge) | |
| connections_refused | logstore_ingest_connections_refused_total | reason |
| connections_cut | logstore_ingest_connections_cut_total | reason |
| probes | logstore_ingest_probes_total | |
| handshakes | logstore_ingest_handshakes_total | |
| rejected | logstore_ingest_rejected_senders_total | reason |
| tls_handshakes | logstore_ingest_tls_handshakes_total | |
| tls_failures | logstore_ingest_tls_failures_total | reason |
| certificate_reloads | logstore_ingest_certificate_reloads_total | outcome |
| certificate_expiry | logstore_ingest_certificate_expiry_timestamp_seconds (gauge) | listener |
| udp_heartbeats | logstore_ingest_udp_heartbeats_total | |
| heartbeats | logstore_ingest_heartbeats_total | |
| received_bytes | logstore_ingest_received_bytes_total | |
| messages | logstore_ingest_messages_total | |
| chunks | logstore_ingest_chunks_total | mode |
| chunk_bytes | logstore_ingest_chunk_bytes_total | |
| acks | logstore_ingest_acks_total | |
| duplicates | logstore_ingest_duplicates_total | kind |
| repeats | logstore_ingest_repeats_total | |
| store_failures | logstore_ingest_store_failures_total | |
| discarded | logstore_ingest_discarded_total | reason |
| malformed | logstore_ingest_malformed_total | reason |
| notes | logstore_ingest_oddities_total | kind |
| partials | logstore_ingest_partial_messages_total | kind |
| unfinished_bytes | logstore_ingest_unfinished_bytes_total | |
| read_pauses | logstore_ingest_read_pauses_total | reason |
| unacked_bytes | logstore_ingest_unacked_bytes (gauge) | |
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class IntakeCounters:
    """Counts since the start of the process.

    Attributes:
        connections_accepted, connections_open: taken so far; of these not ended yet.
        connections_refused: closed at once because of a limit, by reason.
        connections_cut: ended by us for another reason than malformed data, by reason.
        probes: connections that closed without having sent a byte, but for a handshake (heartbeats of the transport
            kind).
        handshakes: senders that proved that they may send.
        rejected: senders that could not, by reason.
        tls_handshakes, tls_failures: done; ended otherwise, by reason.
        certificate_reloads: times that TLS files were read again, by outcome: "loaded", "failed" (the old stay in use).
        certificate_expiry: when the certificate of each listener expires, Unix time.
        udp_heartbeats, heartbeats: answered datagrams; heartbeat messages.
        received_bytes: read from sockets.
        messages: of the protocol, without heartbeats.
        chunks, chunk_bytes: given to the store, by mode's name; their payload.
        acks: written.
        duplicates: copies not stored, by kind: "stored" (the first was), "joined" (it was being stored).
        repeats: chunks stored although their id was known.
        store_failures: chunks that the store refused or failed to write.
        discarded: messages acknowledged but not stored, by reason.
        malformed: connections that could not be read on, by reason.
        notes: oddities put up with, by kind.
        partials: pieces of split lines, by what became of them: "joined", "not joined" (they could not be), or
            "acknowledged" (they asked for an ack each, so they could not wait). Only while joining is on.
        unfinished_bytes: of messages whose connection ended before they did.
        read_pauses: times that a connection was no longer read, by reason.
        unacked_bytes: payload that is being stored now.
    """

    connections_accepted: int = 0
    connections_open: int = 0
    connections_refused: Counter[str] = field(default_factory=Counter)
    connections_cut: Counter[str] = field(default_factory=Counter)
    probes: int = 0
    handshakes: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    tls_handshakes: int = 0
    tls_failures: Counter[str] = field(default_factory=Counter)
    certificate_reloads: Counter[str] = field(default_factory=Counter)
    certificate_expiry: dict[str, float] = field(default_factory=dict)
    udp_heartbeats: int = 0
    heartbeats: int = 0
    received_bytes: int = 0
    messages: int = 0
    chunks: Counter[str] = field(default_factory=Counter)
    chunk_bytes: int = 0
    acks: int = 0
    duplicates: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    store_failures: int = 0
    discarded: Counter[str] = field(default_factory=Counter)
    malformed: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    partials: Counter[str] = field(default_factory=Counter)
    unfinished_bytes: int = 0
    read_pauses: Counter[str] = field(default_factory=Counter)
    unacked_bytes: int = 0

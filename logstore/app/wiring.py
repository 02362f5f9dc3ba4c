"""The composition root: the one place that knows every part, and joins them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field

from ingest.counters import IntakeCounters
from ingest.decode.choice import Choice, Kernel, choose_decoder
from ingest.decode.settings import DecodeSettings
from ingest.forward.limits import Limits
from ingest.partials import PartialLimits
from ingest.post_counters import PostCounters
from ingest.posts import Posts, PostSettings
from ingest.server import ForwardServer
from ingest.settings import ForwardSettings, Listener
from ingest.tags import TagRewriting
from logstore.app.api.application import Handlers, make_application
from logstore.app.api.chunks import ChunksHandlers
from logstore.app.api.health import HealthHandlers, Readiness
from logstore.app.api.ingest import IngestHandlers
from logstore.app.api.quarantine import QuarantineHandlers
from logstore.app.api.query import QueryHandlers
from logstore.app.api.tail import TailHandlers, TailSources
from logstore.app.decoding import announce, decoding
from logstore.app.desk import EngineDesk
from logstore.app.http_server import HttpServer
from logstore.app.listen import parse_address
from logstore.app.listeners import forward_listeners
from logstore.app.metering import (
    decode_metrics,
    intake_metrics,
    post_metrics,
    process_metrics,
    question_metrics,
    store_metrics,
)
from logstore.app.sink import OutcomeSink, StoreSink
from logstore.clock import Clock, SystemClock
from logstore.config import Settings
from logstore.errors import SettingsError
from logstore.metrics import Metric
from logstore.model.levels import LevelScale
from logstore.storage.directory import PosixDirectory
from logstore.storage.settings import Durability, StorageSettings
from logstore.storage.store import Store
from query.engine import Engine
from query.execution.limits import Limits as QueryLimits

# Tails look for news a moment at a time, one look each: a few threads serve many.
_TAIL_THREADS = 4
# Where queries put what does not fit into memory, within the data directory.
_SPILL = "spill"
# Lines whose pieces a connection may mix. A container writes one at a time.
_MAX_PARTIAL_LINES = 64
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class House:
    """A server's parts, made and not listening yet."""

    settings: Settings
    clock: Clock
    store: Store
    desk: EngineDesk
    query_threads: ThreadPoolExecutor
    tail_threads: ThreadPoolExecutor
    decoder: Choice
    listeners: tuple[Listener, ...]
    readiness: Readiness = field(default_factory=Readiness)
    counters: IntakeCounters = field(default_factory=IntakeCounters)
    post_counters: PostCounters = field(default_factory=PostCounters)

    def forward_server(self) -> ForwardServer:
        """The forward listeners; on the running event loop."""
        settings = forward_settings(self.settings, self.store.decode_settings, self.listeners)
        return ForwardServer(settings, StoreSink(self.store), self.clock, self.counters)

    def http_server(self, stopping: asyncio.Event) -> HttpServer:
        """The HTTP listener, whose tails end when `stopping` is set."""
        tails = TailHandlers(TailSources(self.desk, self._newest_seq, self.tail_threads), stopping)
        handlers = Handlers(
            QueryHandlers(self.desk, self.clock, self.query_threads),
            tails,
            HealthHandlers(self.readiness, self._metrics(tails)),
            ChunksHandlers(self.store, self.clock, self.query_threads),
            QuarantineHandlers(self.store, self.clock, self.query_threads),
            IngestHandlers(self._posts() if self.settings.http.ingest else None, self.post_counters),
        )
        application = make_application(handlers, self.settings.http.max_request_bytes)
        return HttpServer(application, *_address(self.settings.http.listen, "http.listen"))

    def _posts(self) -> Posts:
        settings = post_settings(self.settings, self.store.decode_settings)
        return Posts(settings, OutcomeSink(self.store), self.clock, self.counters)

    def _metrics(self, tails: TailHandlers) -> tuple[Metric, ...]:
        return (
            *process_metrics(self.clock.now_ns(), lambda: self.readiness.is_ready),
            *intake_metrics(self.counters),
            *post_metrics(self.post_counters),
            *decode_metrics(self.decoder.kernel.value),
            *store_metrics(self.store.stats),
            *question_metrics(tails),
        )

    def _newest_seq(self) -> int:
        return self.store.wait_for_change(-1, 0)


@contextmanager
def open_house(settings: Settings) -> Iterator[House]:
    """Opens the data directory and makes all parts; on the way out recent events are sealed.

    Raises:
        WorldError: the directory is locked or damaged.
        SettingsError: settings contradict each other, or ask for what is not there.
    """
    clock = SystemClock()
    # What cannot be, or a certificate that is not there, should be told before a long recovery.
    listeners = forward_listeners(settings.forward)
    _address(settings.http.listen, "http.listen")
    _tags(settings)
    decoder = choose_decoder(Kernel(settings.decode.kernel))
    announce(decoder)
    decodes = decoding(decode_settings(settings), decoder)
    with ExitStack() as stack:
        directory = PosixDirectory(settings.data)
        store = stack.enter_context(closing(Store.open(directory, decodes, storage_settings(settings), clock)))
        engine = stack.enter_context(closing(Engine(store, query_limits(settings), clock)))
        # One thread more than may run and wait, for the one that is refused.
        places = settings.query.concurrency + settings.query.queue + 1
        queries = stack.enter_context(ThreadPoolExecutor(places, "query"))
        tails = stack.enter_context(ThreadPoolExecutor(_TAIL_THREADS, "tail"))
        yield House(settings, clock, store, EngineDesk(engine), queries, tails, decoder, listeners)


def forward_settings(settings: Settings, decode_settings_id: int, listeners: tuple[Listener, ...]) -> ForwardSettings:
    """What the forward listeners need to know; chunks bear the id."""
    forward = settings.forward
    return ForwardSettings(
        listeners=listeners,
        limits=Limits(
            max_message_bytes=forward.max_message_bytes,
            max_inflated_bytes=settings.decode.max_inflated_bytes,
            drops_signals=forward.signals == "drop",
        ),
        max_connections=forward.max_connections,
        max_connections_per_source=forward.max_connections_per_source,
        max_unacked_bytes=forward.max_unacked_bytes,
        max_unfinished_bytes=forward.max_unfinished_bytes,
        deny_keepalive=forward.deny_keepalive,
        send_keepalive_packet=forward.send_keepalive_packet,
        idle_timeout_s=forward.idle_timeout_s,
        ack_timeout_s=forward.ack_timeout_s,
        message_timeout_s=forward.message_timeout_s,
        drain_timeout_s=forward.drain_timeout_s,
        decode_settings=decode_settings_id,
        tags=_tags(settings),
        partials=_partials(settings) if forward.join_partial_messages else None,
        finds_hostnames=bool(settings.decode.source_hostname_key),
    )


def _tags(settings: Settings) -> TagRewriting:
    forward = settings.forward
    if forward.add_tag_prefix and forward.tag_prefix:
        message = "settings forward.add_tag_prefix and forward.tag_prefix contradict each other"
        raise SettingsError(message, "set one of them: the first adds a dot, the second does not")
    prefix = f"{forward.add_tag_prefix}." if forward.add_tag_prefix else forward.tag_prefix
    return TagRewriting(forward.tag, prefix)


def _partials(settings: Settings) -> PartialLimits:
    timeout_ns = int(settings.forward.partial_timeout_s * _NS_PER_S)
    return PartialLimits(settings.forward.partial_max_bytes, _MAX_PARTIAL_LINES, timeout_ns)


def post_settings(settings: Settings, decode_settings_id: int) -> PostSettings:
    """What taking events over HTTP needs to know; chunks bear the id."""
    http = settings.http
    return PostSettings(
        max_body_bytes=http.max_ingest_bytes,
        max_unfinished_bytes=http.max_unfinished_bytes,
        max_requests=http.max_ingest_requests,
        body_timeout_s=http.body_timeout_s,
        max_inflated_bytes=settings.decode.max_inflated_bytes,
        decode_settings=decode_settings_id,
    )


def decode_settings(settings: Settings) -> DecodeSettings:
    """What the decoder needs to know."""
    decode = settings.decode
    return DecodeSettings(
        message_keys=decode.message_keys,
        level_keys=decode.level_keys,
        level_scale=LevelScale(decode.level_scale),
        time_keys=decode.time_keys,
        max_depth=decode.max_depth,
        max_decompressed_bytes=decode.max_inflated_bytes,
        source_address_key=decode.source_address_key,
        source_hostname_key=decode.source_hostname_key,
    )


def storage_settings(settings: Settings) -> StorageSettings:
    """What the store needs to know."""
    storage, ledger, quarantine = settings.storage, settings.ledger, settings.quarantine
    return StorageSettings(
        durability=Durability(storage.durability),
        sync_interval_s=storage.sync_interval_s,
        memory_budget_bytes=storage.memory_budget_bytes,
        seal_bytes=storage.seal_bytes,
        seal_log_bytes=storage.seal_log_bytes,
        seal_age_s=storage.seal_age_s,
        compression_level=storage.compression_level,
        chunk_id_retention_s=storage.chunk_id_retention_s,
        max_chunk_ids=storage.max_chunk_ids,
        ledger_retention_s=ledger.retention_s,
        max_ledger_bytes=ledger.max_bytes,
        quarantine_retention_s=quarantine.retention_s,
        max_quarantine_bytes=quarantine.max_bytes,
        max_quarantined_chunk_bytes=quarantine.max_chunk_bytes,
    )


def query_limits(settings: Settings) -> QueryLimits:
    """What the query engine needs to know."""
    query = settings.query
    return QueryLimits(
        time_s=query.timeout_s,
        memory_bytes=query.memory_bytes,
        threads=query.threads or os.cpu_count() or 1,
        max_running=query.concurrency,
        max_waiting=query.queue,
        wait_s=query.queue_timeout_s,
        temp_directory=str(settings.data / _SPILL),
        temp_bytes=query.spill_bytes,
    )


def _address(text: str, setting: str) -> tuple[str, int]:
    try:
        return parse_address(text)
    except SettingsError as error:
        raise SettingsError(f"setting {setting}: {error.message}", error.hint) from error

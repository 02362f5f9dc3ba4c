"""The composition root: the one place that knows every part, and joins them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field

from ingest.counters import IntakeCounters
from ingest.decode.choice import Choice, Kernel, choose_decoder
from ingest.post_counters import PostCounters
from ingest.posts import Posts
from ingest.server import ForwardServer
from ingest.settings import Listener
from logstore.app.api.application import Handlers, make_application
from logstore.app.api.chunks import ChunksHandlers
from logstore.app.api.complete import CompleteHandlers
from logstore.app.api.context import ContextHandlers
from logstore.app.api.deletions import DeletionHandlers
from logstore.app.api.fields import FieldsHandlers
from logstore.app.api.health import HealthHandlers, Readiness
from logstore.app.api.histogram import HistogramHandlers
from logstore.app.api.ingest import IngestHandlers
from logstore.app.api.parse import ParseHandlers
from logstore.app.api.parts import PartsHandlers
from logstore.app.api.quarantine import QuarantineHandlers
from logstore.app.api.query import QueryHandlers
from logstore.app.api.reindex import ReindexHandlers
from logstore.app.api.requests import RequestCounters, counting
from logstore.app.api.tail import TailHandlers, TailSources
from logstore.app.api.version import VersionHandlers
from logstore.app.decoding import announce, decoding
from logstore.app.desk import EngineDesk
from logstore.app.http_server import HttpServer
from logstore.app.listen import parse_address
from logstore.app.listeners import forward_listeners
from logstore.app.metering import (
    decode_metrics,
    http_metrics,
    intake_metrics,
    log_metrics,
    post_metrics,
    process_metrics,
    question_metrics,
    store_metrics,
)
from logstore.app.object_storage import object_storage
from logstore.app.own_log.keeping import KeptLog
from logstore.app.own_log.output import LineCounter, listening
from logstore.app.process_metering import system_metrics
from logstore.app.question_counters import CountingDesk, QuestionCounters
from logstore.app.remote_metering import remote_metrics
from logstore.app.retention_terms import retention_terms
from logstore.app.row_finder import EngineRowFinder
from logstore.app.sink import OutcomeSink, StoreSink
from logstore.app.tracing.seam import Tracing, tracing_of
from logstore.app.translate import (
    decode_settings,
    forward_settings,
    post_settings,
    query_limits,
    storage_settings,
    tag_rewriting,
)
from logstore.app.turns import ByLoop
from logstore.clock import Clock, SystemClock
from logstore.config.settings import Settings
from logstore.errors import LogstoreError, SettingsError
from logstore.metrics import Metric
from logstore.storage.directory import PosixDirectory
from logstore.storage.store import Store
from query.engine import Engine
from query.execution.turns import Turns

# Tails look for news a moment at a time, one look each: a few threads serve many.
_TAIL_THREADS = 4


@dataclass(frozen=True)
class House:
    """A server's parts, made and not listening yet."""

    settings: Settings
    clock: Clock
    store: Store
    engine: Engine
    query_threads: ThreadPoolExecutor
    tail_threads: ThreadPoolExecutor
    decoder: Choice
    listeners: tuple[Listener, ...]
    log_lines: LineCounter
    kept_log: KeptLog
    tracing: Tracing
    turns: ByLoop
    readiness: Readiness = field(default_factory=Readiness)
    counters: IntakeCounters = field(default_factory=IntakeCounters)
    post_counters: PostCounters = field(default_factory=PostCounters)
    question_counters: QuestionCounters = field(default_factory=QuestionCounters)
    request_counters: RequestCounters = field(default_factory=RequestCounters)

    def forward_server(self) -> ForwardServer:
        """The forward listeners; on the running event loop."""
        settings = forward_settings(self.settings, self.store.decode_settings, self.listeners)
        return ForwardServer(settings, self.tracing.sink(StoreSink(self.store)), self.clock, self.counters)

    def http_server(self, stopping: asyncio.Event) -> HttpServer:
        """The HTTP listener, whose tails end when `stopping` is set."""
        plain_desk = EngineDesk(self.engine)
        desk = CountingDesk(plain_desk, self.question_counters, self.clock)
        tails = TailHandlers(TailSources(plain_desk, self._newest_seq, self.tail_threads), stopping)
        start_ns = self.clock.now_ns()
        handlers = Handlers(
            QueryHandlers(desk, self.clock, self.query_threads),
            tails,
            HealthHandlers(self.readiness, lambda: self._metrics(start_ns, tails.open_tails), self._refusal),
            ChunksHandlers(self.store, self.clock, self.query_threads),
            QuarantineHandlers(self.store, self.clock, self.query_threads),
            IngestHandlers(self._posts() if self.settings.http.ingest else None, self.post_counters, self._refusal),
            PartsHandlers(self.store, self.clock, self.query_threads),
            ReindexHandlers(self.store, self.query_threads),
            DeletionHandlers(self.store, plain_desk, self.clock, self.query_threads),
            FieldsHandlers(desk, self.clock, self.query_threads),
            ParseHandlers(self.clock, self.query_threads),
            VersionHandlers(self.clock),
            HistogramHandlers(desk, self.clock, self.query_threads),
            ContextHandlers(desk, self.clock, self.query_threads),
            CompleteHandlers(desk, self.clock, self.query_threads),
        )
        around = (counting(self.request_counters),)
        application = make_application(handlers, self.settings.http.max_request_bytes, around)
        self.tracing.join(application)
        return HttpServer(application, *_address(self.settings.http.listen, "http.listen"))

    def _posts(self) -> Posts:
        settings = post_settings(self.settings, self.store.decode_settings)
        return Posts(settings, self.tracing.sink(OutcomeSink(self.store)), self.clock, self.counters)

    def _metrics(self, start_ns: int, open_tails: int) -> tuple[Metric, ...]:
        stats = self.store.stats()
        return (
            *process_metrics(start_ns, lambda: self.readiness.is_ready),
            *system_metrics(),
            *intake_metrics(self.counters),
            *post_metrics(self.post_counters),
            *decode_metrics(self.decoder.kernel.value),
            *store_metrics(stats),
            *remote_metrics(stats.remote),
            *log_metrics(self.log_lines, self.kept_log),
            *http_metrics(self.request_counters),
            *question_metrics(self.question_counters, self.engine.load, open_tails),
        )

    def _refusal(self) -> LogstoreError | None:
        return self.store.refusal

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
    tag_rewriting(settings)
    retention_terms(settings.retention)
    decoder = choose_decoder(Kernel(settings.decode.kernel))
    announce(decoder)
    objects = object_storage(settings.object_storage)
    lines, kept = LineCounter(), KeptLog(clock)
    with ExitStack() as stack:
        stack.enter_context(listening(lines, *((kept,) if settings.log.to_itself else ())))
        tracing = stack.enter_context(tracing_of(settings.tracing, clock))
        decodes = tracing.decoding(decoding(decode_settings(settings), decoder))
        directory = PosixDirectory(settings.data)
        limits, stored = query_limits(settings), storage_settings(settings)
        finder = stack.enter_context(EngineRowFinder(clock, limits.temp_directory))
        store = stack.enter_context(closing(Store.open(directory, decodes, stored, clock, finder, objects)))
        tracing.watch(store)
        turns = ByLoop()
        engine = Engine(store, limits, clock, store.indexes, (store.root,), Turns(turns))
        stack.enter_context(closing(engine))
        if settings.log.to_itself:
            stack.enter_context(kept.storing(store))
        # One thread more than may run and wait, for the one that is refused.
        places = settings.query.concurrency + settings.query.queue + 1
        queries = stack.enter_context(ThreadPoolExecutor(places, "query"))
        tails = stack.enter_context(ThreadPoolExecutor(_TAIL_THREADS, "tail"))
        yield House(settings, clock, store, engine, queries, tails, decoder, listeners, lines, kept, tracing, turns)


def _address(text: str, setting: str) -> tuple[str, int]:
    try:
        return parse_address(text)
    except SettingsError as error:
        raise SettingsError(f"setting {setting}: {error.message}", error.hint) from error

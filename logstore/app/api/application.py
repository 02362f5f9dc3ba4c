"""The routes of the HTTP API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from logstore.app.api.chunks import ChunksHandlers
from logstore.app.api.complete import CompleteHandlers
from logstore.app.api.context import ContextHandlers
from logstore.app.api.deletions import DeletionHandlers
from logstore.app.api.errors import errors_as_json
from logstore.app.api.fields import FieldsHandlers
from logstore.app.api.health import HealthHandlers
from logstore.app.api.histogram import HistogramHandlers
from logstore.app.api.ingest import IngestHandlers
from logstore.app.api.parse import ParseHandlers
from logstore.app.api.parts import PartsHandlers
from logstore.app.api.quarantine import QuarantineHandlers
from logstore.app.api.query import QueryHandlers
from logstore.app.api.reindex import ReindexHandlers
from logstore.app.api.tail import TailHandlers
from logstore.app.api.tenants import refuse_other_tenants
from logstore.app.api.version import VersionHandlers


@dataclass(frozen=True, slots=True)
class Handlers:
    """Everybody who answers requests."""

    queries: QueryHandlers
    tails: TailHandlers
    health: HealthHandlers
    chunks: ChunksHandlers
    quarantine: QuarantineHandlers
    ingest: IngestHandlers
    parts: PartsHandlers
    reindex: ReindexHandlers
    deletions: DeletionHandlers
    fields: FieldsHandlers
    parses: ParseHandlers
    version: VersionHandlers
    histograms: HistogramHandlers
    contexts: ContextHandlers
    completions: CompleteHandlers


def make_application(handlers: Handlers, max_request_bytes: int, around: Sequence[Middleware] = ()) -> web.Application:
    """The API; `docs/http-api.md` describes it, and a test compares the two.

    Args:
        handlers: who answers.
        max_request_bytes: of a request that asks.
        around: what goes around every request, the outermost first.
    """
    application = web.Application(
        middlewares=[*around, errors_as_json, refuse_other_tenants], client_max_size=max_request_bytes
    )
    application.add_routes(
        [
            # No HEAD where a query would run for nothing.
            web.get("/api/v1/query", handlers.queries.query, allow_head=False),
            web.post("/api/v1/query", handlers.queries.query),
            web.get("/api/v1/sql", handlers.queries.sql, allow_head=False),
            web.post("/api/v1/sql", handlers.queries.sql),
            web.get("/api/v1/export", handlers.queries.export, allow_head=False),
            web.post("/api/v1/export", handlers.queries.export),
            web.get("/api/v1/explain", handlers.queries.explain, allow_head=False),
            web.post("/api/v1/explain", handlers.queries.explain),
            web.get("/api/v1/parse", handlers.parses.parse, allow_head=False),
            web.post("/api/v1/parse", handlers.parses.parse),
            web.get("/api/v1/complete", handlers.completions.complete, allow_head=False),
            web.post("/api/v1/complete", handlers.completions.complete),
            web.get("/api/v1/fields", handlers.fields.fields, allow_head=False),
            web.post("/api/v1/fields", handlers.fields.fields),
            web.get("/api/v1/field_values", handlers.fields.values, allow_head=False),
            web.post("/api/v1/field_values", handlers.fields.values),
            web.get("/api/v1/histogram", handlers.histograms.histogram, allow_head=False),
            web.post("/api/v1/histogram", handlers.histograms.histogram),
            web.get("/api/v1/context", handlers.contexts.context, allow_head=False),
            web.post("/api/v1/context", handlers.contexts.context),
            web.get("/api/v1/tail", handlers.tails.tail, allow_head=False),
            web.post("/api/v1/tail", handlers.tails.tail),
            web.post("/api/v1/ingest", handlers.ingest.ingest, expect_handler=handlers.ingest.promise),
            web.get("/api/v1/chunks", handlers.chunks.chunks, allow_head=False),
            web.post("/api/v1/chunks", handlers.chunks.chunks),
            web.get("/api/v1/parts", handlers.parts.parts, allow_head=False),
            web.post("/api/v1/parts", handlers.parts.parts),
            web.get("/api/v1/quarantine", handlers.quarantine.list, allow_head=False),
            web.post("/api/v1/quarantine", handlers.quarantine.list),
            web.delete("/api/v1/quarantine", handlers.quarantine.drop),
            web.get("/api/v1/quarantine/show", handlers.quarantine.show, allow_head=False),
            web.post("/api/v1/quarantine/show", handlers.quarantine.show),
            web.get("/api/v1/quarantine/export", handlers.quarantine.export, allow_head=False),
            web.post("/api/v1/quarantine/export", handlers.quarantine.export),
            web.post("/api/v1/quarantine/drop", handlers.quarantine.drop),
            web.get("/api/v1/deletions", handlers.deletions.list, allow_head=False),
            web.post("/api/v1/deletions", handlers.deletions.make),
            web.delete("/api/v1/deletions/{number}", handlers.deletions.undo),
            web.get("/api/v1/retention/plan", handlers.deletions.plan, allow_head=False),
            web.get("/api/v1/reindex", handlers.reindex.progress, allow_head=False),
            web.post("/api/v1/reindex", handlers.reindex.start),
            web.get("/api/v1/version", handlers.version.version),
            web.get("/healthz", handlers.health.healthz),
            web.get("/readyz", handlers.health.readyz),
            web.get("/metrics", handlers.health.metrics),
        ]
    )
    return application

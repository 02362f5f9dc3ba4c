"""Log lines as programs write them: many programs, many shapes, numbers and ids that differ from line to line.

Lines are made up from the forms below, or taken from the files of a directory.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

WriteLine = Callable[[], str]
"""Gives the next line."""

# Longer lines are cut, as container runtimes do.
MAX_LINE_CHARS = 16_384

_USERS = ("amara", "bence", "chidi", "dara", "elif", "farid", "goran", "hana", "ines", "jonas", "kofi", "lin")
_TABLES = ("orders", "order_items", "customers", "stock", "prices", "sessions", "payments", "shipments")
_TOPICS = ("orders.created", "orders.paid", "stock.moved", "mail.queued", "search.indexed")
_CLASSES = ("OrderService", "StockReader", "PriceCache", "MailQueue", "SessionStore", "PaymentGateway", "Indexer")
_REASONS = ("connection refused", "deadline exceeded", "broken pipe", "no such host", "TLS handshake timeout")

# A form is chosen evenly, so what is common stands here more than once.
_FORMS: tuple[str, ...] = (
    "{level} [{thread}] c.e.shop.{cls} - order {id} confirmed for customer {user}, {n} items, total {money} EUR",
    "{level} [{thread}] c.e.shop.{cls} - loaded {n} rows from {table} in {ms} ms",
    "{level} [{thread}] c.e.shop.{cls} - cache hit ratio {frac} over the last {n} lookups, {id} entries",
    "ERROR [{thread}] c.e.shop.{cls} - giving up on order {id} after {small} attempts: {reason}",
    'level={lower} msg="request finished" route=/api/v1/{table}/{id} status=200 took={ms}ms bytes={big} request={hex}',
    'level={lower} msg="request finished" route=/api/v1/{table} status=201 took={ms}ms bytes={n} request_id={hex}',
    'level=warn msg="slow query" query="SELECT * FROM {table} WHERE customer_id = {id}" took={ms}ms rows={n}',
    'level=error msg="upstream failed" upstream=10.{a}.{b}.{c}:8443 err="dial tcp: {reason}" retries={small}',
    '{{"level":"{lower}","msg":"consumed","topic":"{topic}","partition":{small},"offset":{big},"lag":{n}}}',
    '{{"level":"{lower}","msg":"produced","topic":"{topic}","key":"{hex}","bytes":{n},"elapsed_ms":{ms}}}',
    "[{small}] checkpoint complete: wrote {n} buffers ({frac}%); 0 WAL file(s) added, {small} removed; write={frac} s",
    "[{id}] LOG:  duration: {ms}.{n} ms  statement: UPDATE {table} SET updated_at = now() WHERE id = {big}",
    '[{id}] ERROR:  duplicate key value violates unique constraint "{table}_pkey" DETAIL: Key (id)=({big}) exists',
    "Accepted publickey for {user} from 10.{a}.{b}.{c} port {port} ssh2: ED25519 SHA256:{hex}{hex}",
    "Failed password for invalid user {user} from 172.16.{b}.{c} port {port} ssh2",
    "pam_unix(sshd:session): session opened for user {user}(uid={n}) by (uid=0)",
    "GC({id}) Pause Young (Normal) (G1 Evacuation Pause) {n}M->{small}M({id}M) {frac}ms",
    "I{n} {id} reconciler.go:{small}] successfully reconciled deployment shop/{table} generation={small} took {ms}ms",
    "W{n} {id} reflector.go:{small}] watch of *v1.ConfigMap ended with: too old resource version: {big} ({big})",
    "worker {small}: job {hex} ({table}) done in {frac} s, {n} records, {big} bytes",
    "worker {small}: job {hex} ({table}) started",
    "GET /{table}/{id}?page={small}&sort=-created_at 200 {ms}ms - {n}b user={user}",
    "POST /{table} 422 {ms}ms - validation failed: quantity {n} is more than stock {small} of item {id}",
    "Traceback (most recent call last): File \"/srv/app/{table}.py\", line {n}, in handle: KeyError: '{hex}'",
    "sending mail to {user}@example.com: template=receipt order={id} language=de attachments={small}",
    "session {hex}{hex} of {user} expired after {ms} s, {n} left",
    "block blk_{big} of size 67108864 is added to 10.{a}.{b}.{c}:50010, terminating responder {small}",
    "node 10.{a}.{b}.{c}:7946 is suspected, {small} of {n} confirmations, incarnation {id}",
    "health check passed in {ms} ms",
    "healthz ok",
)
_LEVELS = ("INFO", "INFO", "INFO", "INFO", "INFO", "DEBUG", "DEBUG", "WARN")


def made_up(rng: random.Random) -> WriteLine:
    """Lines in one of the forms, filled in at random."""
    draw, bits = rng.random, rng.getrandbits

    def pick(choices: Sequence[str]) -> str:
        return choices[int(draw() * len(choices))]

    def write() -> str:
        level = pick(_LEVELS)
        return pick(_FORMS).format(
            level=level,
            lower=level.lower(),
            thread=f"exec-{bits(5)}",
            cls=pick(_CLASSES),
            user=pick(_USERS),
            table=pick(_TABLES),
            topic=pick(_TOPICS),
            reason=pick(_REASONS),
            id=bits(17),
            n=bits(11),
            small=bits(4),
            big=bits(36),
            ms=bits(10) >> bits(3),
            money=f"{draw() * 400:.2f}",
            frac=f"{draw() * 9:.3f}",
            hex=f"{bits(32):08x}",
            a=bits(3),
            b=bits(8),
            c=bits(8),
            port=32_768 + bits(14),
        )

    return write


def of_files(directory: Path, rng: random.Random) -> WriteLine:
    """The lines of all files of a directory, drawn at random; bytes that are not UTF-8 are replaced.

    Raises:
        SystemExit: there are none.
    """
    lines = [
        line[:MAX_LINE_CHARS]
        for path in sorted(directory.rglob("*"))
        if path.is_file()
        for line in path.read_text("utf-8", "replace").splitlines()
        if line
    ]
    if not lines:
        raise SystemExit(f"{directory}: no lines in the files of this directory")
    return lambda: lines[int(rng.random() * len(lines))]

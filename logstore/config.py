"""Settings: everything about a server that its operator may choose.

A value comes from the command line, else the environment, else the TOML file, else the default here. Each setting has a
unit in its name and its reason in its description, the text under it; `docs/settings.md` repeats them, and a test
compares the two.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from logstore.errors import SettingsError

ENVIRONMENT_PREFIX = "LOGSTORE_"

# Lower would take what container platforms add (LOGSTORE_FORWARD_PORT) for a mistake; higher would miss a swapped word.
_MISSPELT_RATIO = 0.9

# Values in here are never shown.
_SECRETS = "forward.security"

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


def _split_names(value: Any) -> Any:
    """Names out of a text, such as a variable has: a JSON array, or what stands between commas."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [name.strip() for name in value.split(",")]
    try:
        return json.loads(value)
    except ValueError as error:
        raise PydanticCustomError("not_json", "input should be a JSON array of names") from error


def _named(value: Any) -> Any:
    """Refuses the empty text, which as a path would be the working directory."""
    if value == "":
        raise PydanticCustomError("empty", "input should be a path")
    return value


def _read_tables(value: Any) -> Any:
    """Tables out of a text, such as a variable has: a JSON array of objects."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise PydanticCustomError("not_json", "input should be a JSON array of objects") from error


File = Annotated[Path, BeforeValidator(_named)]
"""A file, not the empty path."""

Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_split_names)]
"""Several names in their order, none of them empty."""


class Section(BaseModel):
    """A table of the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class ListenerSettings(Section):
    """An element of `forward.listeners`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    listen: str
    tls: bool = False
    security: bool = False


class TlsSettings(Section):
    """TLS for senders, on `forward.listen`. It is on when there is a certificate."""

    cert_file: File | None = None
    """PEM file of the server's certificate and, after it, those between it and the root. This and the files below are
    read again when they change and at SIGHUP; ones that cannot be used are told in the log, and the old stay in use."""

    key_file: File | None = None
    """PEM file of its private key, without a passphrase."""

    client_ca_file: File | None = None
    """PEM file of the authorities whose certificates senders must have (mutual TLS). Without it any sender may
    connect."""

    min_version: Literal["1.2", "1.3"] = "1.2"
    """Oldest version of TLS that is spoken. `1.3` shuts out senders built before 2018."""

    ciphers: Annotated[str, Field(min_length=1)] | None = None
    """Ciphers for TLS 1.2, as OpenSSL writes them; without it those that Python trusts."""


class UserSettings(Section):
    """An element of `forward.security.users`."""

    username: str = Field(min_length=1, max_length=128)
    password: SecretStr | None = None
    password_file: File | None = None


class ClientSettings(Section):
    """An element of `forward.security.clients`."""

    host: Annotated[str, Field(min_length=1)] | None = None
    network: Annotated[str, Field(min_length=1)] | None = None
    shared_key: SecretStr | None = None
    shared_key_file: File | None = None
    users: Names | None = None


Users = Annotated[tuple[UserSettings, ...], BeforeValidator(_read_tables)]
Clients = Annotated[tuple[ClientSettings, ...], BeforeValidator(_read_tables)]
Listeners = Annotated[tuple[ListenerSettings, ...], BeforeValidator(_read_tables)]


class SecuritySettings(Section):
    """What senders must prove on `forward.listen`. It is on when there is a shared key, a user or a client."""

    shared_key: SecretStr | None = None
    """The key that senders must know. It never crosses the wire and is never logged. `shared_key_file` keeps it out of
    this file."""

    shared_key_file: File | None = None
    """File with the shared key; a line end after it does not count."""

    server_hostname: Annotated[str, Field(min_length=1)] | None = None
    """The server's name in the handshake. Senders refuse a server that has their own `self_hostname`, so without this
    it is `logstore.` and the name of the machine."""

    users: Users = ()
    """Users, one of which a sender must be: tables with `username` and `password` or `password_file`. Without any, no
    user is asked for. In a variable a JSON array of objects."""

    clients: Clients = ()
    """Rules for some sources: tables with `host` (looked up at the start) or `network` (`10.1.0.0/16`), and what counts
    for it in place of what counts for all: `shared_key` or `shared_key_file`, and `users`, the names allowed. The first
    that fits a source counts. In a variable a JSON array of objects."""

    allow_anonymous_source: bool = True
    """Whether sources without a rule in `clients` may send, if they know the shared key."""


class ForwardSettings(Section):
    """The Fluentd forward listener."""

    listen: str = "127.0.0.1:24224"
    """Address for senders, `HOST:PORT`. Only this machine can reach the default; `0.0.0.0:24224` opens it to the
    network. Port 0 takes a free one, which the ready line tells."""

    listeners: Listeners = ()
    """Further addresses for senders: tables with `name` (chunks bear it), `listen` (`HOST:PORT`), and `tls` and
    `security`, which say whether `[forward.tls]` and `[forward.security]` hold there too; they are false by default. So
    `forward.listen` can be open to the network with TLS, and another one to this machine without. In a variable a JSON
    array of objects."""

    unix_path: File | None = None
    """Path of a Unix stream socket for senders on this machine, as Docker (`unix:///path`), fluent-logger and Fluent
    Bit have it. A file that a killed server left is replaced. Neither TLS nor `[forward.security]` holds there: who may
    write to the file may send."""

    unix_mode: str = Field(default="660", pattern="^0?[0-7]{3}$")
    """Permissions of that file, octal. `666` lets every program of the machine send."""

    deny_keepalive: bool = False
    """End each connection once what it brought is acknowledged, so that senders spread over several servers anew. A
    sender that asks for no acknowledgements loses what it writes meanwhile."""

    send_keepalive_packet: bool = True
    """Let TCP ask idle senders whether they live (`SO_KEEPALIVE`). Without it connections of senders that lost their
    power stay for ever."""

    idle_timeout_s: float | None = Field(default=None, gt=0)
    """Seconds after which a connection that brings nothing is ended, at the latest after twice as many. Without it
    connections stay: Docker holds one for days between two lines."""

    max_message_bytes: int = Field(default=64 * MIB, ge=64 * KIB)
    """A longer message closes its connection. Fluentd's memory buffers make chunks of 8 MiB, its file buffers of up to
    256 MiB: smaller than a sender's chunks, and they can never be delivered."""

    max_unfinished_bytes: int = Field(default=256 * MIB, ge=1 * MIB)
    """Halves of messages that all connections together may hold in memory; above it only the one that began first is
    read on. Larger serves many slow senders of large chunks at once."""

    max_connections: int = Field(default=10_000, ge=1)
    """Connections held at once; further ones are closed. Each costs a file descriptor and a little memory."""

    max_connections_per_source: int = Field(default=2_000, ge=1)
    """Connections from one address. The containers of a node share one, so it must not be small; without it one broken
    sender could shut out all others. Those through the Unix socket are bounded by `max_connections` alone."""

    max_unacked_bytes: int = Field(default=16 * MIB, ge=1 * MIB)
    """Payload of one connection that is being stored; above it the connection is not read. Larger lets one fast sender
    take more of the common room."""

    ack_timeout_s: float = Field(default=30.0, gt=0)
    """Seconds that a sender may leave its acknowledgements unread before its connection is closed."""

    message_timeout_s: float = Field(default=300.0, gt=0)
    """Seconds that a message may take from its first byte to its last before its connection is closed. Half a message
    is memory; shorter, and large chunks over slow links never arrive."""

    drain_timeout_s: float = Field(default=10.0, gt=0)
    """Seconds that a shutdown waits for chunks that are being stored and for acknowledgements to be read."""

    tag: str = ""
    """Stored instead of any tag that is sent; empty: tags stay. Copies of chunks are still told by the tag as sent."""

    add_tag_prefix: str = ""
    """Stands before every tag, with a dot between the two, as in Fluentd: `edge` makes `edge.app` of `app`. Before the
    one of `forward.tag` where that is set."""

    tag_prefix: str = ""
    """Stands before every tag as it is, without a dot, as in Fluent Bit: `edge_` makes `edge_app` of `app`. Use this or
    `forward.add_tag_prefix`, not both."""

    signals: Literal["drop", "quarantine"] = "drop"
    """What is done with metrics and traces, which Fluent Bit sends beside logs and which are not stored as events.
    Both acknowledge them, so that they do not block the sender's logs. `drop` counts them and throws them away;
    `quarantine` keeps their bytes with other chunks that could not be decoded, and takes disk while they come."""

    join_partial_messages: bool = False
    """Joins the pieces that Docker's log driver makes of lines above 16 KiB, if they come without a request for
    acknowledgements. Held in memory for a moment, the pieces of a line are lost when the server is killed meanwhile."""

    partial_max_bytes: int = Field(default=1 * MIB, ge=16 * KIB, le=16 * MIB)
    """Bytes of pieces that a connection may have waiting to be joined, and so of the longest line. What is longer stays
    in pieces. Larger makes longer lines whole and takes more memory."""

    partial_timeout_s: float = Field(default=5.0, gt=0)
    """Seconds that the pieces of a line wait for the rest; then they are stored as they are. Longer delays what can
    never be joined; shorter may tear lines of slow senders."""

    tls: TlsSettings = TlsSettings()
    security: SecuritySettings = SecuritySettings()


class HttpSettings(Section):
    """The HTTP API."""

    listen: str = "127.0.0.1:24280"
    """Address of the HTTP API, `HOST:PORT`. It has no access control: open it to trusted networks only."""

    max_request_bytes: int = Field(default=1 * MIB, ge=1 * KIB)
    """Longest body of a request that asks. What is longer is no query."""

    ingest: bool = True
    """Whether events are taken over HTTP. There is no access control: whoever reaches the address can write."""

    max_ingest_bytes: int = Field(default=64 * MIB, ge=64 * KIB, le=1 * GIB)
    """Longest body of events, compressed or not. Larger bodies take more memory each and make senders repeat more when
    one fails; several megabytes are as fast."""

    max_unfinished_bytes: int = Field(default=128 * MIB, ge=1 * MIB)
    """Halves of bodies of events that all requests together may hold in memory; above it only the one that began
    first is read on. Larger serves many slow senders of large bodies at once."""

    max_ingest_requests: int = Field(default=256, ge=1)
    """Requests with events in hand at once; more are told to come again, with status 503. Each takes some memory,
    whatever its body."""

    body_timeout_s: float = Field(default=60.0, gt=0)
    """Seconds that a body of events may take to arrive. Shorter cuts off large bodies over slow links; longer lets
    senders that have died hold their memory for longer."""


class DecodeSettings(Section):
    """How records become events. A change counts for what comes in from then on; what is stored stays as it is."""

    message_keys: Names = ("message", "log", "msg", "MESSAGE", "body")
    """The first of these keys that a record has at its top level, with a text as its value, becomes `message`, in which
    searches look for words. The order matters where a record has several of them; the others stay fields."""

    level_keys: Names = ("level", "severity", "lvl", "log.level")
    """Fields, nested ones with dots in their names, whose value may be the `level`; the first that holds a level gives
    it. A field that holds other things too does no harm, but before the right one it may win by chance."""

    level_scale: Literal["mixed", "bunyan", "syslog", "python", "otlp"] = "mixed"
    """Which numbers are which levels. `mixed`: 10 to 60 in tens as Bunyan and pino count, and 0 to 7 as syslog does;
    `bunyan` and `syslog` are one of the two alone. `python` (`logging`) and `otlp` (OpenTelemetry, 1 to 24) use the
    same numbers for other levels, so no scale fits all senders."""

    source_address_key: str = ""
    """Field that every event gets with the address of the machine that sent it, without a port, in place of a field of
    that name in the record; `unix` for local sockets. Empty: none."""

    source_hostname_key: str = ""
    """Field that every event gets with the name of the machine that sent it, in place of a field of that name in the
    record. The name is looked up when a sender connects, for two seconds at most; its address stands where there is
    none. Empty: none, and nobody is asked."""

    time_keys: Names = ("time", "timestamp", "@timestamp", "ts", "_time", "eventTime")
    """The first of these keys that an event sent over HTTP has at its top level, with a time as its value, gives the
    time of the event, and is no field then. `docs/http-api.md` says what is a time. The order matters where an event
    has several of them; the others stay fields."""

    max_depth: int = Field(default=64, ge=1, le=128)
    """Maps and arrays within each other, the record counted. An event that goes deeper is rejected; no real one does.
    Larger values come near to what readers of the JSON text survive."""

    max_inflated_bytes: int = Field(default=256 * MIB, ge=1 * MIB, le=340 * MIB)
    """Bytes that a compressed chunk may inflate to; what inflates to more is rejected whole, and its events are lost.
    At least a sender's largest buffer chunk: Fluentd's file buffers have up to 256 MiB. Larger lets a few hostile
    bytes take more memory."""

    kernel: Literal["auto", "plain", "compiled"] = "auto"
    """Which program decodes events; both give the same ones. `compiled` is some thirty times faster and is there when a
    C compiler was, where Logstore was installed; without it the server does not start. `plain` is Python, for finding
    out whether the other one is to blame. `auto` is `compiled` where it is there, else `plain`."""


class StorageSettings(Section):
    """The write-ahead log and the sealing of parts."""

    durability: Literal["fsync", "interval", "none"] = "fsync"
    """When a chunk is acknowledged. `fsync`: when it is on disk. `interval`: when the system has it, which is made to
    write it to disk every `sync_interval_s`; a crash of the machine may lose that much. `none`: likewise, but the
    system writes when it likes."""

    sync_interval_s: float = Field(default=1.0, gt=0)
    """Seconds between syncs with durability `interval`. Longer loses more when the machine crashes, shorter costs a
    sync more often."""

    memory_budget_bytes: int = Field(default=288 * MIB, ge=8 * MIB)
    """Events in memory that are not sealed yet. When it is used up senders are not read until a seal is done; nothing
    is dropped. At least twice `seal_bytes`; a seal needs about as much again."""

    seal_bytes: int = Field(default=96 * MIB, ge=1 * MIB)
    """Arrow bytes of recent events that are sealed into Parquet parts. Larger makes fewer, better parts, needs more
    memory and makes a restart replay more."""

    seal_log_bytes: int = Field(default=256 * MIB, ge=1 * MIB)
    """Bytes of the log at which recent events are sealed, however few they are. Larger takes more disk, and more memory
    when a restart replays them."""

    seal_age_s: float = Field(default=300.0, gt=0)
    """Seconds after which events are sealed although they are few. Longer makes fewer parts in quiet stores; shorter
    bounds what a restart replays."""

    compression_level: int = Field(default=1, ge=1, le=19)
    """zstd level of parts. Levels 1 to 3 are fast; higher ones take much more time for a few per cent of size."""

    chunk_id_retention_s: float = Field(default=80 * 3600.0, gt=0)
    """Seconds that chunk ids are remembered. Must exceed how long a sender goes on resending (Fluentd: 72 hours), or
    its copy is stored again."""

    max_chunk_ids: int = Field(default=30_000_000, ge=1_000)
    """Chunk ids that are remembered at most; above it the oldest are forgotten before their time. The default is a
    hundred chunks a second for `chunk_id_retention_s`. A million takes 32 MB of disk and up to 8 MB of memory."""


class LedgerSettings(Section):
    """The chunk ledger: what became of each chunk."""

    retention_s: float = Field(default=30 * 86_400.0, gt=0)
    """Seconds that a chunk can be asked for after it was sealed. Longer takes more disk, up to `max_bytes`."""

    max_bytes: int = Field(default=512 * MIB, ge=1 * MIB)
    """Disk that the ledger may use; above it the oldest generations go first. About 80 bytes a chunk; single messages
    take one row for each connection and minute."""


class QuarantineSettings(Section):
    """Chunks of which events could not be decoded, kept as they were received."""

    retention_s: float = Field(default=30 * 86_400.0, gt=0)
    """Seconds that a chunk is kept. Longer gives more time to look into it."""

    max_bytes: int = Field(default=256 * MIB, ge=1 * MIB)
    """Disk that they may use together; above it the oldest go first, and are counted. The ledger goes on telling what
    was rejected and why."""

    max_chunk_bytes: int = Field(default=16 * MIB, ge=1 * KIB)
    """A larger chunk is not kept, only counted. Until the next seal chunks in quarantine are in memory, up to 32 MiB or
    one chunk of this size: larger takes that room from events."""


class QuerySettings(Section):
    """Limits of queries."""

    timeout_s: float = Field(default=60.0, gt=0)
    """Seconds that a query may run. Longer lets one mistake keep its place for longer."""

    memory_bytes: int = Field(default=1 * GIB, ge=64 * MIB)
    """Memory that all queries share. Beyond it they spill to disk and become slower; they do not fail."""

    threads: int = Field(default=0, ge=0)
    """Threads for all queries together; 0 means one for each core. Fewer leaves more of the machine to intake."""

    concurrency: int = Field(default=4, ge=1)
    """Queries that run at once; more wait in a queue. Each one's share of memory shrinks with it."""

    queue: int = Field(default=64, ge=0)
    """Queries that may wait; more are refused with status 503. A longer queue only hides that there are too many."""

    queue_timeout_s: float = Field(default=30.0, gt=0)
    """Seconds that a query waits for its turn before it is refused. Nobody waits much longer for a screen to fill."""

    spill_bytes: int = Field(default=8 * GIB, ge=0)
    """Disk that queries may use, in the directory `spill` of the data, for what does not fit into memory."""


class Settings(BaseSettings):
    """All settings of a server."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    data: Annotated[Path, BeforeValidator(_named)] = Path("logstore-data")
    """Directory of everything that is stored. It belongs to one server at a time."""

    forward: ForwardSettings = ForwardSettings()
    http: HttpSettings = HttpSettings()
    decode: DecodeSettings = DecodeSettings()
    storage: StorageSettings = StorageSettings()
    ledger: LedgerSettings = LedgerSettings()
    quarantine: QuarantineSettings = QuarantineSettings()
    query: QuerySettings = QuerySettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` hands over: it has read the file and the environment already."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def leaves() -> Iterator[tuple[str, FieldInfo]]:
    """Every setting's dotted name (`forward.listen`) with its description, in the order of the documentation."""
    return _leaves_of(Settings, "")


def _leaves_of(table: type[BaseModel], above: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in table.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from _leaves_of(field.annotation, f"{above}{name}.")
        else:
            yield f"{above}{name}", field


def variable(name: str) -> str:
    """The environment variable of a setting: `LOGSTORE_FORWARD_LISTEN` for `forward.listen`."""
    return ENVIRONMENT_PREFIX + name.replace(".", "_").upper()


def load_settings(
    config_file: Path | None = None,
    flags: Mapping[str, str | None] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """The settings in force.

    Args:
        config_file: a TOML file; None for none.
        flags: dotted setting name to the value given on the command line; None values are flags not given.
        environment: the process's environment variables. Variables that no setting has are ignored: container platforms
            add variables of their own for every service that is called logstore.

    Raises:
        SettingsError: unreadable file, unknown key, or a value that a setting cannot take.
    """
    values = {} if config_file is None else _read_toml(config_file)
    origins = _Origins(str(config_file), {})
    for name, _ in leaves():
        for source, origin in (((flags or {}).get(name), "command line"), _variable(name, environment or {})):
            if source is not None:
                _put(values, name, source)
                origins.of[name] = origin
                break
    try:
        return Settings(**values)
    except ValidationError as error:
        raise _settings_error(error, origins) from error


def misspelt_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that are no setting's but nearly so, with the one that was probably meant."""
    known = [variable(name) for name, _ in leaves()]
    strange = sorted(name for name in environment if name.startswith(ENVIRONMENT_PREFIX) and name not in known)
    close = {name: difflib.get_close_matches(name, known, n=1, cutoff=_MISSPELT_RATIO) for name in strange}
    return {name: meant[0] for name, meant in close.items() if meant}


@dataclass(frozen=True, slots=True)
class _Origins:
    """Where values come from, for those who must find a wrong one: `of` has those that are not from the file."""

    file: str
    of: dict[str, str]

    def find(self, name: str) -> str:
        """Where the value of a setting, or of an element of it, comes from."""
        return next((origin for known, origin in self.of.items() if f"{name}.".startswith(f"{known}.")), self.file)


def _variable(name: str, environment: Mapping[str, str]) -> tuple[str | None, str]:
    """What the environment says of a setting, and in which variable."""
    return environment.get(variable(name)), variable(name)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"configuration file {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"configuration file {path} is not TOML: {error}") from error


def _put(values: dict[str, Any], name: str, value: str) -> None:
    *above, key = name.split(".")
    table: Any = values
    for section in above:
        table = table.setdefault(section, {})
        # A section that is no table is left as it is, for validation to complain of.
        if not isinstance(table, dict):
            return
    table[key] = value


def _settings_error(error: ValidationError, origins: _Origins) -> SettingsError:
    """The first thing that is wrong, in our words. What may be a secret is not repeated."""
    first = error.errors()[0]
    name = ".".join(str(step) for step in first["loc"])
    origin = origins.find(name)
    if first["type"] == "extra_forbidden":
        return SettingsError(f"unknown setting {name} ({origin})", _nearest(name))
    if first["type"] == "missing":
        return SettingsError(f"setting {name} ({origin}): it is missing")
    found = "" if name.startswith(_SECRETS) or isinstance(first["input"], dict) else f", not {first['input']!r}"
    if first["type"] == "model_type":
        is_element = name.rpartition(".")[2].isdigit()
        hint = "write its keys between braces" if is_element else f"write [{name}] above its keys"
        return SettingsError(f"setting {name} ({origin}): it is a table{found}", hint)
    said = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
    return SettingsError(f"setting {name} ({origin}): {said}{found}")


def _nearest(name: str) -> str:
    """What an unknown setting may be meant for; elements of lists go without their number."""
    wanted = ".".join(step for step in name.split(".") if not step.isdigit())
    names = list(_all_names(Settings, ""))
    close = difflib.get_close_matches(wanted, names, n=1) or [
        known for known in names if known.rpartition(".")[2] == wanted.rpartition(".")[2]
    ]
    return f"did you mean {close[0]}?" if close else "docs/settings.md lists them all"


def _all_names(table: type[BaseModel], above: str) -> Iterator[str]:
    """Every name that can be written: of tables, of settings, and of the keys of tables in lists."""
    for name, field in table.model_fields.items():
        yield f"{above}{name}"
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, Section):
                yield from _all_names(inner, f"{above}{name}.")

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
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from logstore.errors import SettingsError

ENVIRONMENT_PREFIX = "LOGSTORE_"

# Lower would take what container platforms add (LOGSTORE_FORWARD_PORT) for a mistake; higher would miss a swapped word.
_MISSPELT_RATIO = 0.9

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


Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_split_names)]
"""Several names in their order, none of them empty."""


class Section(BaseModel):
    """A table of the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)


class ForwardSettings(Section):
    """The Fluentd forward listener."""

    listen: str = "127.0.0.1:24224"
    """Address for senders, `HOST:PORT`. Only this machine can reach the default; `0.0.0.0:24224` opens it to the
    network. Port 0 takes a free one, which the ready line tells."""

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
    sender could shut out all others."""

    max_unacked_bytes: int = Field(default=16 * MIB, ge=1 * MIB)
    """Payload of one connection that is being stored; above it the connection is not read. Larger lets one fast sender
    take more of the common room."""

    ack_timeout_s: float = Field(default=30.0, gt=0)
    """Seconds that a sender may leave its acknowledgements unread before its connection is closed."""

    drain_timeout_s: float = Field(default=10.0, gt=0)
    """Seconds that a shutdown waits for chunks that are being stored and for acknowledgements to be read."""


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
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            for key, leaf in field.annotation.model_fields.items():
                yield f"{name}.{key}", leaf
        else:
            yield name, field


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
    section, dot, key = name.partition(".")
    if not dot:
        values[section] = value
        return
    table = values.setdefault(section, {})
    # A section that is no table is left as it is, for validation to complain of.
    if isinstance(table, dict):
        table[key] = value


def _settings_error(error: ValidationError, origins: _Origins) -> SettingsError:
    """The first thing that is wrong, in our words."""
    first = error.errors()[0]
    name = ".".join(str(step) for step in first["loc"])
    origin = origins.find(name)
    if first["type"] == "extra_forbidden":
        return SettingsError(f"unknown setting {name} ({origin})", _nearest(name))
    if first["type"] == "model_type":
        return SettingsError(
            f"setting {name} ({origin}): it is a table, not {first['input']!r}", f"write [{name}] above its keys"
        )
    said = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
    return SettingsError(f"setting {name} ({origin}): {said}, not {first['input']!r}")


def _nearest(name: str) -> str:
    names = [*Settings.model_fields, *(known for known, _ in leaves())]
    close = difflib.get_close_matches(name, names, n=1) or [
        known for known in names if known.rpartition(".")[2] == name.rpartition(".")[2]
    ]
    return f"did you mean {close[0]}?" if close else "docs/settings.md lists them all"

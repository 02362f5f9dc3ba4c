"""All settings of a server, and their names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from logstore.config.compaction import CompactionSettings
from logstore.config.decode import DecodeSettings
from logstore.config.forward import ForwardSettings
from logstore.config.http import HttpSettings
from logstore.config.log import LogSettings
from logstore.config.object_storage import ObjectStorageSettings
from logstore.config.query import QuerySettings
from logstore.config.retention import DeletionSettings, RetentionSettings
from logstore.config.section import File, Section
from logstore.config.storage import LedgerSettings, QuarantineSettings, StorageSettings
from logstore.config.tracing import TracingSettings


class Settings(BaseSettings):
    """All settings of a server."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    data: File = Path("logstore-data")
    """Directory of everything that is stored. It belongs to one server at a time."""

    forward: ForwardSettings = ForwardSettings()
    http: HttpSettings = HttpSettings()
    decode: DecodeSettings = DecodeSettings()
    storage: StorageSettings = StorageSettings()
    compaction: CompactionSettings = CompactionSettings()
    ledger: LedgerSettings = LedgerSettings()
    quarantine: QuarantineSettings = QuarantineSettings()
    object_storage: ObjectStorageSettings = ObjectStorageSettings()
    deletion: DeletionSettings = DeletionSettings()
    retention: RetentionSettings = RetentionSettings()
    query: QuerySettings = QuerySettings()
    log: LogSettings = LogSettings()
    tracing: TracingSettings = TracingSettings()

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


def all_names() -> Iterator[str]:
    """Every name that can be written: of tables, of settings, and of the keys of tables in lists."""
    return _names_below(Settings, "")


def _names_below(table: type[BaseModel], above: str) -> Iterator[str]:
    for name, field in table.model_fields.items():
        yield f"{above}{name}"
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, Section):
                yield from _names_below(inner, f"{above}{name}.")

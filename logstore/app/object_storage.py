"""Object storage out of its settings: keys and certificates are read here."""

from __future__ import annotations

import configparser
from collections.abc import Callable, Mapping
from pathlib import Path

from logstore.config.load import load_settings
from logstore.config.object_storage import ObjectStorageSettings
from logstore.errors import SettingsError
from logstore.storage.remote.objects import Objects
from logstore.storage.remote.obstore_objects import open_objects
from logstore.storage.remote.settings import Location, Secrets


def object_storage(settings: ObjectStorageSettings) -> Objects | None:
    """The objects that the settings name; None when they name none. The store is not asked yet: it may be down.

    Raises:
        SettingsError: a file cannot be read, or there cannot be such a store.
    """
    return open_objects(location_of(settings)) if settings.url else None


def location_of(settings: ObjectStorageSettings, url: str | None = None) -> Location:
    """Where the objects are, and how to reach them.

    Args:
        settings: the settings.
        url: another place of the same server, with the same keys; None for the one of the settings.

    Raises:
        SettingsError: a file cannot be read.
    """
    return Location(
        url=url or settings.url,
        endpoint=settings.endpoint or None,
        region=settings.region or None,
        secrets=None if settings.credentials_file is None else _secrets(settings.credentials_file, settings.profile),
        virtual_hosted=settings.virtual_hosted,
        ca=None if settings.ca_file is None else _read(settings.ca_file, "ca_file"),
        connect_timeout_s=settings.connect_timeout_s,
        timeout_s=settings.timeout_s,
        retries=settings.retries,
    )


def _secrets(path: Path, profile: str) -> Secrets:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(_read(path, "credentials_file").decode())
        keys = parser[profile]
        return Secrets(keys["aws_access_key_id"], keys["aws_secret_access_key"], keys.get("aws_session_token"))
    except KeyError as error:
        message = f"setting object_storage.credentials_file: {path} has no {error.args[0]} below [{profile}]"
        raise SettingsError(message) from None
    except (configparser.Error, UnicodeDecodeError):
        # What they say may repeat a line of the file.
        message = f"setting object_storage.credentials_file: {path} is no file of keys"
        raise SettingsError(message, "write [default] and below it aws_access_key_id = ...") from None


def _read(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"setting object_storage.{setting}: {path}: {error.strerror}") from error


def opener(config_file: Path | None, environment: Mapping[str, str]) -> Callable[[str], Objects]:
    """What opens a place of object storage by its URL, with the endpoint and keys of a server's settings.

    Raises:
        SettingsError: the settings cannot be used.
    """
    settings = load_settings(config_file, {}, environment).object_storage
    return lambda url: open_objects(location_of(settings, url))


def parts_of(config_file: Path | None, environment: Mapping[str, str]) -> Objects | None:
    """Where the parts of a server with these settings are; None when they name no object storage.

    Raises:
        SettingsError: the settings cannot be used.
    """
    return object_storage(load_settings(config_file, {}, environment).object_storage)

"""Secrets of the settings: written there, or in a file of their own. They appear in no message."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from logstore.errors import SettingsError


def secret(name: str, value: SecretStr | None, file: Path | None) -> bytes | None:
    """The secret that a setting and its `…_file` twin give; None when neither is set.

    Raises:
        SettingsError: both are set, it is empty, or the file cannot be read.
    """
    if value is not None and file is not None:
        raise SettingsError(f"settings {name} and {name}_file are both set", "leave one of them out")
    if value is not None:
        return _given(name, value.get_secret_value().encode())
    return None if file is None else secret_in(f"setting {name}_file", file)


def secret_in(what: str, file: Path) -> bytes:
    """The secret in a file, without the line end after it.

    Raises:
        SettingsError: it cannot be read, or is empty. The message begins with `what` names the file.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{what}: {file} cannot be read: {error.strerror}", "name a file that this user may read"
        ) from error
    return _given(f"{what}: {file}", content.removesuffix(b"\n").removesuffix(b"\r"))


def _given(what: str, content: bytes) -> bytes:
    if not content:
        raise SettingsError(f"{what} is empty", "everybody knows the empty secret")
    return content

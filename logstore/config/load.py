"""Where values come from: the command line, else the environment, else the TOML file, else the default of a setting."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from logstore.config.settings import Settings, all_names, leaves
from logstore.errors import SettingsError

ENVIRONMENT_PREFIX = "LOGSTORE_"

# Lower would take what container platforms add (LOGSTORE_FORWARD_PORT) for a mistake; higher would miss a swapped word.
_MISSPELT_RATIO = 0.9

# Values in here are never shown.
_SECRETS = ("forward.security", "object_storage.url")


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
    names = list(all_names())
    close = difflib.get_close_matches(wanted, names, n=1) or [
        known for known in names if known.rpartition(".")[2] == wanted.rpartition(".")[2]
    ]
    return f"did you mean {close[0]}?" if close else "docs/settings.md lists them all"

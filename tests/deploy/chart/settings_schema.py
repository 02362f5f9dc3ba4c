"""What the chart's schema says of `config`: the server's settings, less those that the chart sets itself."""

from copy import deepcopy

from logstore.config import section
from logstore.config.settings import Settings

# Addresses, files and places that the chart decides on, and secrets, which do not belong into a ConfigMap.
OWNED = {
    "Settings": {"data"},
    "ForwardSettings": {"listen", "listeners", "unix_path", "unix_mode"},
    "TracingSettings": {"endpoint"},
    "TlsSettings": {"cert_file", "key_file", "client_ca_file"},
    "SecuritySettings": {"shared_key", "shared_key_file"},
    "UserSettings": {"password"},
    "ClientSettings": {"shared_key"},
    "HttpSettings": {"listen"},
    "ObjectStorageSettings": {"url", "endpoint", "region", "credentials_file", "ca_file"},
}
# Of a schema for people who write values, and not for programs.
NOISE = {"title", "default", "format", "writeOnly"}


def settings_schema():
    """The definitions of `config`, to stand in `$defs`: `settings` and those that it names."""
    made = Settings.model_json_schema()
    tables = {**made.pop("$defs"), "Settings": made}
    del tables["ListenerSettings"]
    return {_name(name): _plain(_without(tables[name], OWNED.get(name, set()))) for name in sorted(tables)}


def _name(table):
    return "settings" if table == "Settings" else f"settings.{table.removesuffix('Settings').lower()}"


def _without(table, owned):
    kept = deepcopy(table)
    for name in owned:
        del kept["properties"][name]
    return kept


def _plain(part):
    """Without what is only noise here; references lead to our names."""
    if isinstance(part, list):
        return [_plain(each) for each in part]
    if not isinstance(part, dict):
        return part
    if "gt" in part:
        return _duration(part)
    if "$ref" in part:
        return {"$ref": f"#/$defs/{_name(part['$ref'].rpartition('/')[2])}"}
    if "properties" in part:
        properties = {name: _plain(each) for name, each in part["properties"].items()}
        return {**_plain({key: each for key, each in part.items() if key != "properties"}), "properties": properties}
    return {key: _plain(each) for key, each in part.items() if key not in NOISE}


def _duration(part):
    """Seconds, or a text with a unit: pydantic does not tell of the text, and names the bounds in its own way."""
    seconds = {"type": "number", "exclusiveMinimum": part["gt"], "maximum": part["le"]}
    return {"anyOf": [seconds, {"type": "string", "pattern": f"^{section._DURATION.pattern}$"}]}

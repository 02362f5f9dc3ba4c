"""Object storage out of settings."""

from __future__ import annotations

import pytest

from logstore.app.object_storage import location_of, object_storage, opener, parts_of
from logstore.config.load import load_settings
from logstore.config.object_storage import ObjectStorageSettings
from logstore.errors import SettingsError

KEYS = "[default]\naws_access_key_id = a%b\naws_secret_access_key = hidden%(x)s\n[other]\naws_access_key_id = c\n"


def test_keys_are_read_from_a_file_and_never_shown(tmp_path):
    """Percent signs in them are themselves."""
    (tmp_path / "keys").write_text(KEYS)
    place = location_of(ObjectStorageSettings(url="s3://bucket/x", credentials_file=tmp_path / "keys"))
    assert (place.secrets.key_id, place.secrets.key, place.secrets.token) == ("a%b", "hidden%(x)s", None)
    assert "hidden" not in repr(place)


@pytest.mark.parametrize(
    ("content", "profile", "said"),
    [
        (None, "default", "No such file"),
        (KEYS, "none", r"no none below \[none\]"),
        (KEYS, "other", r"no aws_secret_access_key below \[other\]"),
        ("hidden", "default", "no file of keys"),
        ("\xff", "default", "no file of keys"),
    ],
)
def test_file_of_keys_that_cannot_be_used_is_told(tmp_path, content, profile, said):
    """With its path, and nothing of what is in it."""
    path = tmp_path / "keys"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    settings = ObjectStorageSettings(url="s3://bucket/x", credentials_file=path, profile=profile)
    with pytest.raises(SettingsError, match=said) as caught:
        location_of(settings)
    assert str(path) in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_certificates_that_cannot_be_used_are_told(tmp_path):
    """A file that is not there, and one without a certificate."""
    with pytest.raises(SettingsError, match="ca_file"):
        object_storage(ObjectStorageSettings(url="s3://bucket/x", ca_file=tmp_path / "none.pem"))
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    with pytest.raises(SettingsError, match="object_storage"):
        object_storage(ObjectStorageSettings(url="s3://bucket/x", ca_file=tmp_path / "ca.pem"))


@pytest.mark.parametrize("line", ['url = "s3://key:hidden@bucket/x"', 'url = "https://bucket"', 'endpoint = "host:1"'])
def test_places_that_are_none_are_refused(tmp_path, line):
    """With the setting's name, and without repeating what may be a secret."""
    config = tmp_path / "logstore.toml"
    config.write_text(f"[object_storage]\n{line}\n")
    with pytest.raises(SettingsError, match=r"object_storage\.") as caught:
        load_settings(config)
    assert "hidden" not in str(caught.value)


def test_no_url_is_no_object_storage():
    """Then nothing is needed for it."""
    assert object_storage(ObjectStorageSettings()) is None
    assert parts_of(None, {}) is None


def test_commands_reach_other_places_of_the_same_server(tmp_path):
    """A place for backups is opened with the endpoint and keys of the settings, from file and environment."""
    (tmp_path / "keys").write_text(KEYS)
    config = tmp_path / "logstore.toml"
    config.write_text(f'[object_storage]\ncredentials_file = "{tmp_path / "keys"}"\n')
    environment = {"LOGSTORE_OBJECT_STORAGE_ENDPOINT": "http://127.0.0.1:1"}
    assert opener(config, environment)("s3://backups/a").where == "s3://backups/a"

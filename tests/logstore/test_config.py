"""Tests of logstore.config."""

from pathlib import Path

import pytest

from logstore.config import Settings, leaves, load_settings, variable
from logstore.errors import SettingsError

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "settings.md"


def written(tmp_path, text):
    """A configuration file with this text."""
    path = tmp_path / "logstore.toml"
    path.write_text(text)
    return path


def test_defaults_are_the_documented_addresses():
    """Without any configuration a server listens where the documentation says."""
    settings = load_settings()
    assert (str(settings.data), settings.forward.listen, settings.http.listen) == (
        "logstore-data",
        "127.0.0.1:24224",
        "127.0.0.1:24280",
    )


def test_flags_win_over_the_environment_which_wins_over_the_file(tmp_path):
    """Each source overrides the ones behind it, setting by setting."""
    path = written(tmp_path, 'data = "a"\n[storage]\nseal_age_s = 1\n[forward]\nlisten = "f:1"\n')
    environment = {"LOGSTORE_STORAGE_SEAL_AGE_S": "2", "LOGSTORE_FORWARD_LISTEN": "e:1"}
    settings = load_settings(path, {"forward.listen": "g:1", "http.listen": None}, environment)
    assert str(settings.data) == "a"
    assert settings.storage.seal_age_s == 2
    assert settings.forward.listen == "g:1"
    assert settings.http.listen == "127.0.0.1:24280"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('[forwrd]\nlisten = "a:1"', "unknown setting forwrd", "forward.listen"),
        ('[forward]\nlisen = "a:1"', "unknown setting forward.lisen", "forward.listen"),
        ("seal_bytes = 5", "unknown setting seal_bytes", "storage.seal_bytes"),
        ("zzz = 5", "unknown setting zzz", "docs/settings.md"),
        ('[storage]\nseal_bytes = "many"', "setting storage.seal_bytes", ""),
        ("forward = 3", "setting forward", ""),
        ("[storage]\nseal_bytes = -1", "setting storage.seal_bytes", ""),
        ("= 3", "is not TOML", ""),
    ],
)
def test_a_wrong_file_is_an_error_that_names_the_setting(tmp_path, text, message, hint):
    """Unknown keys suggest the nearest known one; wrong values name their setting."""
    with pytest.raises(SettingsError) as caught:
        load_settings(written(tmp_path, text))
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_missing_file_is_an_error(tmp_path):
    """A file that was named must be there."""
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "absent.toml")


def test_variables_of_container_platforms_are_ignored():
    """Variables that Kubernetes sets for a service called logstore-forward change nothing."""
    environment = {"LOGSTORE_FORWARD_PORT": "tcp://10.0.0.1:24224", "LOGSTORE_SERVICE_HOST": "10.0.0.1"}
    assert load_settings(environment=environment) == Settings()


def test_every_setting_is_documented_word_for_word():
    """docs/settings.md has each setting with its default, its variable and its description, and no other."""
    text = DOCUMENTATION.read_text()
    sections = dict(part.split("\n", 1) for part in text.split("\n### ")[1:])
    assert list(sections) == [f"`{name}`" for name, _ in leaves()]
    for name, field in leaves():
        told = " ".join(sections[f"`{name}`"].split("\n## ")[0].split())
        default = f"Default `{field.get_default()}`, environment `{variable(name)}`."
        assert told == " ".join(f"{default} {field.description}".split())

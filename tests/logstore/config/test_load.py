"""Tests of logstore.config.load."""

import pytest

from logstore.config.load import load_settings, misspelt_variables
from logstore.config.settings import Settings
from logstore.errors import SettingsError


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
        ('[forwrd]\nlisten = "a:1"', "unknown setting forwrd", "did you mean forward?"),
        ('[forward]\nlisen = "a:1"', "unknown setting forward.lisen", "forward.listen"),
        ("seal_bytes = 5", "unknown setting seal_bytes", "storage.seal_bytes"),
        ("zzz = 5", "unknown setting zzz", "docs/settings.md"),
        ('[storage]\nseal_bytes = "many"', "setting storage.seal_bytes", ""),
        ("forward = 3", "it is a table, not 3", "[forward]"),
        ("[query]\ntimeout_s = inf", "setting query.timeout_s", ""),
        ('data = ""', "setting data", ""),
        ("[storage]\nseal_bytes = -1", "setting storage.seal_bytes", ""),
        ("[decode]\nmessage_keys = 3", "setting decode.message_keys", ""),
        ("[decode]\nmessage_keys = [3]", "setting decode.message_keys.0", ""),
        ('[decode]\nmessage_keys = ["a", ""]', "setting decode.message_keys.1", ""),
        ('[decode]\nlevel_scale = "log4j"', "setting decode.level_scale", ""),
        ("[decode]\nmax_depth = 129", "setting decode.max_depth", ""),
        ("= 3", "is not TOML", ""),
    ],
)
def test_a_wrong_file_is_an_error_that_names_the_setting(tmp_path, text, message, hint):
    """Unknown keys suggest the nearest known one; wrong values name their setting."""
    with pytest.raises(SettingsError) as caught:
        load_settings(written(tmp_path, text))
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_wrong_value_is_told_with_the_place_that_it_came_from(tmp_path):
    """The variable, the command line or the file: whoever repairs it need not search."""
    path = written(tmp_path, "[storage]\nseal_age_s = -1\n")
    with pytest.raises(SettingsError, match=r"storage\.seal_age_s \(.*logstore\.toml\)"):
        load_settings(path)
    with pytest.raises(SettingsError, match=r"storage\.seal_age_s \(LOGSTORE_STORAGE_SEAL_AGE_S\)"):
        load_settings(path, environment={"LOGSTORE_STORAGE_SEAL_AGE_S": "soon"})
    with pytest.raises(SettingsError, match=r"data \(command line\)"):
        load_settings(flags={"data": ""})
    with pytest.raises(SettingsError, match=r"level_keys\.1 \(LOGSTORE_DECODE_LEVEL_KEYS\)"):
        load_settings(environment={"LOGSTORE_DECODE_LEVEL_KEYS": "level,,"})


def test_a_missing_file_is_an_error(tmp_path):
    """A file that was named must be there."""
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "absent.toml")


def test_variables_of_container_platforms_are_ignored():
    """Variables that Kubernetes sets for a service called logstore-forward change nothing."""
    environment = {"LOGSTORE_FORWARD_PORT": "tcp://10.0.0.1:24224", "LOGSTORE_SERVICE_HOST": "10.0.0.1"}
    assert load_settings(environment=environment) == Settings()
    platform = {"LOGSTORE_HTTP_PORT_24280_TCP": "x", "LOGSTORE_HTTP_SERVICE_HOST": "x", "LOGSTORE_PORT": "x"}
    assert misspelt_variables(environment | platform) == {}


def test_a_misspelt_variable_is_told_from_those_of_others():
    """A setting that is nearly right is remarked on: nothing is worse than a setting that silently does nothing."""
    misspelt = {
        "LOGSTORE_STORAGE_SEAL_AGE": "5",
        "LOGSTORE_STORAGE__SEAL_BYTES": "5",
        "LOGSTORE_DATA": "d",
        "HOME": "h",
    }
    assert misspelt_variables(misspelt) == {
        "LOGSTORE_STORAGE_SEAL_AGE": "LOGSTORE_STORAGE_SEAL_AGE_S",
        "LOGSTORE_STORAGE__SEAL_BYTES": "LOGSTORE_STORAGE_SEAL_BYTES",
    }


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("log", ("log",)),
        ("event, message ,log", ("event", "message", "log")),
        ('["event", "a,b", " c "]', ("event", "a,b", " c ")),
        (" [] ", ()),
    ],
)
def test_a_variable_lists_names_between_commas_or_as_json(text, names):
    """Both ways of writing a list where there is only text."""
    assert load_settings(environment={"LOGSTORE_DECODE_MESSAGE_KEYS": text}).decode.message_keys == names


@pytest.mark.parametrize("text", ["", " ", "a,,b", "a,", '["a"', '["a", 3]', '["a", ""]'])
def test_a_variable_that_lists_no_names_is_an_error(text):
    """An empty variable is a mistake more often than a wish, and no name is empty."""
    with pytest.raises(SettingsError, match=r"setting decode\.level_keys"):
        load_settings(environment={"LOGSTORE_DECODE_LEVEL_KEYS": text})


def test_a_list_in_the_file_is_an_array(tmp_path):
    """In TOML a list is a list."""
    settings = load_settings(written(tmp_path, '[decode]\nmessage_keys = ["a,b", "c"]\nlevel_keys = []'))
    assert settings.decode.message_keys == ("a,b", "c")
    assert settings.decode.level_keys == ()

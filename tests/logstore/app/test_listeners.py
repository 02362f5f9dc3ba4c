"""Tests of logstore.app.listeners, logstore.app.security and logstore.app.secrets: from settings to listeners."""

import json
from ipaddress import ip_network
from pathlib import Path

import pytest

from ingest.forward.handshake import Client
from ingest.settings import TcpListener, UnixListener
from logstore.app.listeners import forward_listeners
from logstore.app.security import security_of
from logstore.config.load import load_settings
from logstore.errors import SettingsError
from tests.ingest.authority import Authority


def listeners(tmp_path, text, environment=None):
    """What a configuration file makes."""
    path = tmp_path / "logstore.toml"
    path.write_text(text)
    return forward_listeners(load_settings(path, environment=environment).forward)


def security(text, tmp_path, resolve=None):
    """What a table `[forward.security]` makes."""
    path = tmp_path / "logstore.toml"
    path.write_text(f"[forward.security]\n{text}")
    (tmp_path / "key").write_text("from a file\n")
    settings = load_settings(path).forward.security
    return security_of(settings, "here", resolve) if resolve else security_of(settings, "here")


def test_without_settings_one_plain_listener(tmp_path):
    """As simple as it gets."""
    assert listeners(tmp_path, "") == (TcpListener("127.0.0.1", 24224),)


def test_all_listeners_at_once(tmp_path):
    """TLS and a key on the network, plain on this machine, and a socket file."""
    authority = Authority(tmp_path)
    cert, key = authority.issue("server")
    network, local, narrow, unix = listeners(
        tmp_path,
        f"""
        [forward]
        listen = "192.0.2.1:24224"
        unix_path = "/run/f.sock"
        unix_mode = "0666"
        listeners = [
            {{ name = "local", listen = "127.0.0.1:24225" }},
            {{ name = "narrow", listen = "[::1]:24226", tls = true, security = true }},
        ]
        [forward.tls]
        cert_file = "{cert}"
        key_file = "{key}"
        client_ca_file = "{authority.file}"
        min_version = "1.3"
        [forward.security]
        shared_key = "sesame"
        """,
    )
    assert (network.host, network.tls.client_ca_file, network.tls.min_version) == ("192.0.2.1", authority.file, "1.3")
    assert network.security.shared_key == b"sesame"
    assert local == TcpListener("127.0.0.1", 24225, "local")
    assert (narrow.name, narrow.tls, narrow.security) == ("narrow", network.tls, network.security)
    assert unix == UnixListener(Path("/run/f.sock"), 0o666)


def test_lists_of_tables_come_from_variables_as_json(tmp_path):
    """Containers are set up without files."""
    further = json.dumps([{"name": "second", "listen": "127.0.0.1:1", "security": True}])
    users = json.dumps([{"username": "alice", "password": "wonder"}])
    variables = {"LOGSTORE_FORWARD_LISTENERS": further, "LOGSTORE_FORWARD_SECURITY_USERS": users}
    first, second = listeners(tmp_path, "", variables)
    assert (second.name, second.security) == ("second", first.security)
    assert first.security.users == {b"alice": b"wonder"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[forward]\nlisten = "nowhere"', r"setting forward\.listen: not an address"),
        ('[[forward.listeners]]\nname = "a"\nlisten = "x"', r"setting forward\.listeners\.0\.listen: not an address"),
        ('[[forward.listeners]]\nname = "forward"\nlisten = "h:1"', "two listeners are called forward"),
        ('[[forward.listeners]]\nname = "a"\nlisten = "h:1"\ntls = true', r"listeners\.0\.tls: there is no certif"),
        ('[[forward.listeners]]\nname = "a"\nlisten = "h:1"\nsecurity = true', r"\.0\.security: there is nothing to"),
        ('[[forward.listeners]]\nname = "A b"\nlisten = "h:1"', r"setting forward\.listeners\.0\.name"),
        ('[[forward.listeners]]\nname = "a"', r"setting forward\.listeners\.0\.listen .*: it is missing"),
        ('[[forward.listeners]]\nname = "a"\nport = 1', r"unknown setting forward\.listeners\.0\.port|listen"),
        (f'[forward]\nunix_path = "/{"x" * 110}"', r"setting forward\.unix_path: .* is too long"),
        ('[forward]\nunix_mode = "999"', r"setting forward\.unix_mode"),
        ('[forward.tls]\ncert_file = "/absent"', r"setting forward\.tls\.key_file: it is missing"),
        ('[forward.tls]\nkey_file = "/absent"', r"setting forward\.tls\.cert_file: it is missing"),
        ('[forward.tls]\nclient_ca_file = "/absent"', r"client_ca_file: there is no TLS"),
        ('[forward.tls]\ncert_file = "/absent"\nkey_file = "/absent"', "TLS file /absent cannot be read: No such file"),
        ('[forward.tls]\nmin_version = "1.1"', r"setting forward\.tls\.min_version"),
    ],
)
def test_mistakes_are_found_before_anything_starts(tmp_path, text, message):
    """Each names the setting at fault."""
    with pytest.raises(SettingsError, match=message):
        listeners(tmp_path, text)


def test_security_knows_keys_users_and_rules(tmp_path):
    """From the file itself and from files of their own; hosts are looked up, each address a rule."""
    found = security(
        f"""
        shared_key_file = "{tmp_path}/key"
        server_hostname = "logs"
        allow_anonymous_source = false
        [[forward.security.users]]
        username = "alice"
        password = "wonder"
        [[forward.security.users]]
        username = "bob"
        password_file = "{tmp_path}/key"
        [[forward.security.clients]]
        network = "10.1.0.0/16"
        shared_key = "ten"
        users = ["alice"]
        [[forward.security.clients]]
        host = "node"
        """,
        tmp_path,
        {"node": ["192.0.2.9", "fe80::1%eth0"]}.__getitem__,
    )
    assert (found.server_hostname, found.shared_key, found.allow_anonymous_source) == (b"logs", b"from a file", False)
    assert found.users == {b"alice": b"wonder", b"bob": b"from a file"}
    assert found.clients == (
        Client(ip_network("10.1.0.0/16"), b"ten", frozenset({b"alice"})),
        Client(ip_network("192.0.2.9"), b"from a file"),
        Client(ip_network("fe80::1"), b"from a file"),
    )


def test_the_server_has_a_name_of_its_own(tmp_path):
    """Fluentd refuses a server that calls itself what the sender is called, which is the machine's name as a rule."""
    assert security('shared_key = "x"', tmp_path).server_hostname == b"logstore.here"


def test_without_anything_to_prove_there_is_no_handshake(tmp_path):
    """An empty table is as good as none."""
    assert security("", tmp_path) is None


def test_users_alone_will_do(tmp_path):
    """Then the key is the empty one, as in Fluent Bit without a shared key."""
    found = security('users = [{ username = "a", password = "b" }]', tmp_path)
    assert (found.shared_key, found.users) == (b"", {b"a": b"b"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('shared_key = ""', r"forward\.security\.shared_key is empty"),
        ('shared_key = "HUSH"\nshared_key_file = "/k"', r"shared_key and forward\.security\.shared_key_file are both"),
        ('shared_key_file = "/absent"', r"setting forward\.security\.shared_key_file: /absent cannot be read"),
        ("allow_anonymous_source = false", "ask nothing of senders"),
        ('server_hostname = "x"', "ask nothing of senders"),
        ('shared_key = "HUSH"\nallow_anonymous_source = false', "nobody could send"),
        (f'shared_key = "HUSH"\nserver_hostname = "{"x" * 256}"', "256 bytes are too many"),
        ('users = [{ username = "a" }]', r"users\.0: user a has no password"),
        ('users = [{ username = "a", password = "" }]', r"users\.0\.password is empty"),
        ('users = [{ username = "a", password = "HUSH" }, { username = "a", password = "HUSH" }]', "is there twice"),
        ('users = [{ password = "HUSH" }]', r"users\.0\.username .*: it is missing"),
        ('users = [{ username = "a", pasword = "HUSH" }]', r"unknown setting forward\.security\.users\.0\.pasword"),
        ('users = ["HUSH"]', r"users\.0 .*: it is a table"),
        ('users = "HUSH"', r"forward\.security\.users .*: input should be a JSON array of objects"),
        ("shared_key = 5", r"setting forward\.security\.shared_key .*valid string"),
        ('clients = [{ shared_key = "HUSH" }]', r"clients\.0: it has no host and no network"),
        (
            'clients = [{ network = "10.0.0.1/8", shared_key = "HUSH" }]',
            r"clients\.0\.network: 10\.0\.0\.1/8 has host bits",
        ),
        ('clients = [{ host = "absent.invalid", shared_key = "HUSH" }]', r"clients\.0\.host: absent\.invalid has no"),
        ('shared_key = "HUSH"\nclients = [{ network = "10.0.0.0/8", users = ["b"] }]', "there is no user b"),
    ],
)
def test_mistakes_of_security_are_named_and_no_secret_is_shown(tmp_path, text, message):
    """Whatever is wrong, it says which setting, and never what was meant to be hidden."""

    def nobody(host):
        raise OSError(f"no {host}")

    with pytest.raises(SettingsError, match=message) as caught:
        security(text, tmp_path, nobody)
    assert "HUSH" not in str(caught.value)


def test_the_nearest_key_of_an_element_is_suggested(tmp_path):
    """Without its number."""
    with pytest.raises(SettingsError) as caught:
        security('users = [{ username = "a", pasword = "b" }]', tmp_path)
    assert caught.value.hint == "did you mean forward.security.users.password?"


def test_secrets_do_not_show_in_settings(tmp_path):
    """Not even where somebody logs them all."""
    path = tmp_path / "logstore.toml"
    path.write_text(
        '[forward.security]\nshared_key = "HUSH"\nusers = [{ username = "a", password = "HUSH" }]\n'
        'clients = [{ network = "10.0.0.0/8", shared_key = "HUSH" }]'
    )
    settings = load_settings(path)
    assert "HUSH" not in repr(settings)
    assert "HUSH" not in str(settings.model_dump())
    assert "HUSH" not in repr(forward_listeners(settings.forward))

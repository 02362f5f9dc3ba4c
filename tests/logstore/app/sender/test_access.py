"""Tests of logstore.app.sender.access and logstore.app.sender.dial."""

import ssl
from pathlib import Path

import pytest

from logstore.app.sender.access import Access, credentials, tls_context
from logstore.app.sender.dial import Dial, parse_place
from logstore.errors import SettingsError
from tests.ingest.authority import Authority


def test_without_options_nothing_is_done():
    """Plain TCP, no handshake."""
    assert tls_context(Access()) is None
    assert credentials(Access()) is None


def test_every_option_of_tls_asks_for_tls(tmp_path):
    """Who names an authority does not want to send in the clear."""
    authority = Authority(tmp_path)
    cert, key = authority.issue("me")
    for access in (Access(tls=True), Access(ca=authority.file), Access(client_cert=cert, client_key=key)):
        context = tls_context(access)
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert tls_context(Access(insecure=True)).verify_mode is ssl.CERT_NONE


def use(access):
    """Makes all of it that a sender needs."""
    return tls_context(access), credentials(access)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ca": "absent.pem"}, "--ca: .*absent.pem cannot be used: No such file"),
        ({"ca": "empty.pem"}, "--ca: .*empty.pem cannot be used"),
        ({"ca": "empty.pem", "insecure": True}, "contradict"),
        ({"client_cert": "empty.pem"}, "--client-cert: .*empty.pem cannot be used"),
        ({"client_key": "empty.pem"}, "goes with --client-cert"),
        ({"shared_key_file": "absent.pem"}, "--shared-key-file: .*absent.pem cannot be read"),
        ({"shared_key_file": "empty.pem"}, "--shared-key-file: .*empty.pem is empty"),
        ({"username": "alice"}, "go together"),
        ({"password_file": "empty.pem"}, "go together"),
    ],
)
def test_options_that_cannot_be_used_are_named(tmp_path, options, message):
    """The option, the file, and why."""
    (tmp_path / "empty.pem").write_text("")
    paths = {name: tmp_path / value if str(value).endswith(".pem") else value for name, value in options.items()}
    with pytest.raises(SettingsError, match=message) as caught:
        use(Access(**paths))
    assert caught.value.hint


def test_secrets_come_from_files_without_the_line_end(tmp_path):
    """As editors and `echo` write them."""
    (tmp_path / "key").write_bytes(b"sesame \n")
    (tmp_path / "password").write_bytes(b"wonder\r\n")
    found = credentials(Access(shared_key_file=tmp_path / "key", username="alice", password_file=tmp_path / "password"))
    assert (found.shared_key, found.username, found.password) == (b"sesame ", b"alice", b"wonder")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("127.0.0.1:24224", ("127.0.0.1", 24224)),
        ("[::1]:24224", ("::1", 24224)),
        ("unix:/run/f.sock", Path("/run/f.sock")),
        ("unix:///run/f.sock", Path("/run/f.sock")),
        ("unix:f.sock", Path("f.sock")),
    ],
)
def test_places_are_read_and_told(text, place):
    """Addresses and socket files, also as Docker writes them."""
    assert parse_place(text) == place
    assert parse_place(str(Dial(place))) == place


@pytest.mark.parametrize("text", ["unix:", "/run/f.sock", "host"])
def test_what_is_no_place_is_an_error(text):
    """With an example of one."""
    with pytest.raises(SettingsError) as caught:
        parse_place(text)
    assert "looks like" in caught.value.hint

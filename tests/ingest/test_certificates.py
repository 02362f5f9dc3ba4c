"""Tests of ingest.certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from ssl import DER_cert_to_PEM_cert

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509 import load_pem_x509_certificate
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.certificate_end import expiry_s
from ingest.certificates import CHECK_INTERVAL_NS, Certificates, make_context
from ingest.counters import IntakeCounters
from ingest.settings import TlsSettings
from logstore.errors import SettingsError
from tests.ingest.authority import Authority


@dataclass
class Hands:
    """A clock that stands still until it is set."""

    time_ns: int = 0

    def now_ns(self) -> int:
        """The time of day."""
        return self.time_ns

    def monotonic_ns(self) -> int:
        """The time that passes."""
        return self.time_ns


@pytest.fixture
def authority(tmp_path) -> Authority:
    """Who issued the certificates."""
    return Authority(tmp_path)


@pytest.fixture
def kept(authority):
    """A certificate in use, with what tells of it."""
    clock, counters = Hands(), IntakeCounters()
    return Certificates("forward", authority.tls(), clock, counters), clock, counters


def test_changed_files_are_noticed_in_time(kept, authority):
    """Not at each connection: once in a while. Then the new context is there."""
    certificates, clock, counters = kept
    before = certificates.context()
    authority.issue("server")
    clock.time_ns = CHECK_INTERVAL_NS - 1
    assert certificates.context() is before
    clock.time_ns = CHECK_INTERVAL_NS
    assert certificates.context() is not before
    assert counters.certificate_reloads == {"loaded": 1}


def test_unchanged_files_are_not_read_again(kept):
    """However much time passes."""
    certificates, clock, counters = kept
    before = certificates.context()
    clock.time_ns = 100 * CHECK_INTERVAL_NS
    assert certificates.context() is before
    assert counters.certificate_reloads == {}


def test_a_link_turned_to_another_file_is_a_change(authority, tmp_path):
    """So Kubernetes renews mounted secrets."""
    links = []
    for path in authority.issue("first"):
        link = tmp_path / f"link-{path.name}"
        link.symlink_to(path)
        links.append(link)
    clock, counters = Hands(), IntakeCounters()
    certificates = Certificates("forward", TlsSettings(*links), clock, counters)
    for link, path in zip(links, authority.issue("second"), strict=True):
        link.unlink()
        link.symlink_to(path)
    clock.time_ns = CHECK_INTERVAL_NS
    certificates.context()
    assert counters.certificate_reloads == {"loaded": 1}


def test_a_certificate_without_its_key_waits_for_it(kept, authority, tmp_path):
    """Files replaced one after the other: between them the old pair serves, and one error is told."""
    certificates, clock, counters = kept
    before = certificates.context()
    cert, key = authority.issue("new")
    cert.replace(tmp_path / "server.cert.pem")
    for looks in range(1, 4):
        clock.time_ns = looks * CHECK_INTERVAL_NS
        assert certificates.context() is before
    assert counters.certificate_reloads == {"failed": 1}
    key.replace(tmp_path / "server.key.pem")
    clock.time_ns += CHECK_INTERVAL_NS
    assert certificates.context() is not before
    assert counters.certificate_reloads == {"failed": 1, "loaded": 1}


def test_files_that_are_gone_change_nothing(kept, tmp_path, caplog):
    """Deleted by mistake: the server goes on with what it has."""
    certificates, clock, _ = kept
    before = certificates.context()
    (tmp_path / "server.key.pem").unlink()
    clock.time_ns = CHECK_INTERVAL_NS
    assert certificates.context() is before
    assert "server.key.pem cannot be read: No such file" in caplog.text


def test_a_file_that_vanishes_while_it_is_read_breaks_no_connection(kept, monkeypatch):
    """Programs that renew certificates remove files and make new ones: the context is there, the end is told later."""
    certificates, _, counters = kept
    monkeypatch.setattr("ingest.certificates.expiry_s", _gone)
    certificates.reload()
    assert certificates.context() is not None
    assert counters.certificate_reloads == {"loaded": 1}


def _gone(_):
    raise FileNotFoundError


def test_when_a_certificate_expires_is_told(kept, tmp_path):
    """As the metric, for alerts; the same instant that another reader of certificates finds."""
    _, _, counters = kept
    certificate = load_pem_x509_certificate((tmp_path / "server.cert.pem").read_bytes())
    assert counters.certificate_expiry == {"forward": certificate.not_valid_after_utc.timestamp()}


@pytest.mark.parametrize("year", [2026, 2049, 2050, 2200])
def test_ends_in_any_century_are_read(year):
    """DER writes years in two ways."""
    end = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    issued = trustme.CA().issue_cert("localhost", not_after=end)
    assert expiry_s(issued.cert_chain_pems[0].bytes()) == end.timestamp()


@settings(max_examples=100)
@given(st.binary(max_size=60))
def test_what_is_no_certificate_has_no_end(noise):
    """Whatever OpenSSL made of it: no exception."""
    pem = DER_cert_to_PEM_cert(noise).encode()
    assert expiry_s(pem) is None
    assert expiry_s(noise) is None


def test_a_certificate_that_ends_soon_is_warned_of(authority, caplog):
    """At the start and whenever it is loaded; one with time left is not."""
    tls, counters, clock = authority.tls(), IntakeCounters(), Hands()
    end_s = expiry_s(tls.cert_file.read_bytes())
    clock.time_ns = int((end_s - 10 * 86_400) * 1e9)
    Certificates("forward", tls, clock, counters)
    assert caplog.text == ""
    clock.time_ns = int((end_s - 86_400) * 1e9)
    Certificates("forward", tls, clock, counters)
    assert "server.cert.pem expires at" in caplog.text


def broken(authority: Authority, directory: Path, what: str) -> TlsSettings:
    """Settings that cannot be used, in one way."""
    good = authority.tls("good")
    other_cert, other_key = authority.issue("other")
    empty, absent, encrypted = directory / "empty.pem", directory / "absent.pem", directory / "encrypted.pem"
    empty.write_text("")
    halved = directory / "halved.pem"
    halved.write_bytes(good.cert_file.read_bytes()[:200])
    key = load_pem_private_key(other_key.read_bytes(), None)
    encrypted.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")))
    return {
        "absent certificate": TlsSettings(absent, good.key_file),
        "absent key": TlsSettings(good.cert_file, absent),
        "directory": TlsSettings(directory, good.key_file),
        "empty": TlsSettings(empty, good.key_file),
        "swapped": TlsSettings(good.key_file, good.cert_file),
        "halved": TlsSettings(halved, good.key_file),
        "mismatch": TlsSettings(good.cert_file, other_key),
        "encrypted": TlsSettings(other_cert, encrypted),
        "authority": TlsSettings(good.cert_file, good.key_file, client_ca_file=empty),
        "ciphers": TlsSettings(good.cert_file, good.key_file, ciphers="ROT13"),
    }[what]


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("absent certificate", "absent.pem cannot be read: No such file"),
        ("absent key", "absent.pem cannot be read: No such file"),
        ("directory", "cannot be read: Is a directory"),
        ("empty", "empty.pem holds no CERTIFICATE in PEM"),
        ("swapped", "good.key.pem holds no CERTIFICATE in PEM"),
        ("halved", "halved.pem with the private key"),
        ("mismatch", r"the private key .*other.key.pem is not that of the certificate .*good.cert.pem"),
        ("encrypted", "encrypted.pem is encrypted"),
        ("authority", "empty.pem holds no CERTIFICATE in PEM"),
        ("ciphers", "ciphers 'ROT13' name none"),
    ],
)
def test_files_that_cannot_be_used_are_named(authority, tmp_path, what, message):
    """The error says which file, what is wrong with it, and what to do."""
    with pytest.raises(SettingsError, match=message) as caught:
        make_context(broken(authority, tmp_path, what))
    assert caught.value.hint


def test_both_files_of_a_pair_may_be_one(authority, tmp_path):
    """As some programs write them."""
    cert, key = authority.issue("server")
    both = tmp_path / "both.pem"
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    assert make_context(TlsSettings(both, both))

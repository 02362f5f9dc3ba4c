"""Certificates for tests: an authority, and PEM files of what it issues."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme

from ingest.settings import TlsSettings


class Authority:
    """An authority whose certificates are written to a directory."""

    def __init__(self, directory: Path, name: str = "authority") -> None:
        self._directory = directory
        self._authority = trustme.CA(organization_name=name)
        self.file = directory / f"{name}.pem"
        self._authority.cert_pem.write_to_path(str(self.file))

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate for localhost, and its key."""
        issued = self._authority.issue_cert("localhost", "127.0.0.1")
        cert, key = self._directory / f"{name}.cert.pem", self._directory / f"{name}.key.pem"
        cert.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        return cert, key

    def tls(self, name: str = "server", **others: object) -> TlsSettings:
        """Settings of a listener with a certificate of its own."""
        return TlsSettings(*self.issue(name), **others)

    def context(self, identity: tuple[Path, Path] | None = None) -> ssl.SSLContext:
        """What a sender needs that trusts this authority, and shows its own certificate if it has one."""
        context = ssl.create_default_context(cafile=self.file)
        if identity is not None:
            context.load_cert_chain(*identity)
        return context

"""What endpoints are verified with, and the certificate we show where one is demanded (mTLS); files, by name only."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from shared.webhook.connection import NotDelivered

# How the operator names the files among the secrets.
CLIENT_FILE = "webhook-client.{}.pem"
AUTHORITY_FILE = "webhook-authority.{}.pem"

# Asked for with each new connection: a certificate that was renewed is used from the next one on.
Context = Callable[[], ssl.SSLContext]


def tls() -> ssl.SSLContext:
    """What endpoints are verified with: the certificates this system trusts, TLS 1.2 or newer."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def ends(folder: Path) -> dict[str, datetime]:
    """When the certificates end that the operator has stored, by file; one that cannot be used has ended long ago.

    Of what we show the first certificate counts, which is ours; of authorities the one that lasts longest.
    """
    found = {}
    for pattern, chosen in ((CLIENT_FILE, lambda all_: all_[0]), (AUTHORITY_FILE, max)):
        for file in folder.glob(pattern.format("*")):
            try:
                held = x509.load_pem_x509_certificates(file.read_bytes())
                found[file.name] = chosen([one.not_valid_after_utc for one in held])
            except (OSError, ValueError):
                found[file.name] = datetime.fromtimestamp(0, UTC)
    return found


class Certificates:
    """Contexts by the names of their files, read again when a file was changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._plain = tls()
        self._made: dict[tuple[str | None, str | None], tuple[tuple[int, ...], ssl.SSLContext]] = {}

    def context(self, certificate: str | None, authority: str | None) -> Context:
        """How to connect with a client certificate and an authority of one's own, both by name; None: without.

        The answer, when called, raises NotDelivered where a file is missing or holds no such thing.
        """
        if certificate is None and authority is None:
            return lambda: self._plain
        return lambda: self._of_files(certificate, authority)

    def _of_files(self, certificate: str | None, authority: str | None) -> ssl.SSLContext:
        named = [(CLIENT_FILE, certificate), (AUTHORITY_FILE, authority)]
        files = [self._folder / pattern.format(name) for pattern, name in named if name is not None]
        try:
            stamp = tuple(file.stat().st_mtime_ns for file in files)
            known = self._made.get((certificate, authority))
            if known is not None and known[0] == stamp:
                return known[1]
            context = self._read(certificate, authority)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise NotDelivered(f"one of {', '.join(file.name for file in files)} cannot be used") from error
        self._made[certificate, authority] = (stamp, context)
        return context

    def _read(self, certificate: str | None, authority: str | None) -> ssl.SSLContext:
        # With an authority of its own the endpoint is not believed because of any other.
        context = tls() if authority is None else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if authority is not None:
            context.load_verify_locations(self._folder / AUTHORITY_FILE.format(authority))
        if certificate is not None:
            # The key is not encrypted, as all files among the secrets: nobody is there to be asked for a password.
            context.load_cert_chain(self._folder / CLIENT_FILE.format(certificate), password="")
        return context

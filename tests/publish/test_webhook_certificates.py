"""Certificates of webhooks: we show ours where one is demanded, and believe an authority of the subscriber's own."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.settings import Settings
from shared.webhook.certificates import AUTHORITY_FILE, CLIENT_FILE, Certificates, ends
from shared.webhook.connection import NotDelivered
from shared.webhook.endpoint import Endpoint
from shared.webhook.target import Target
from tests.publish.subscribing import Subscriber, a_kind, drained, problem, sending, until_read
from tests.publish.test_webhook_connection import LOOPBACK, OK, Serve, answering, post, serving
from tests.publish.world import World


@dataclass
class Authority:
    """Signs certificates."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def named(cls, name: str) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(key, _signed(name, key, name, key, authority=True))

    def pem(self) -> bytes:
        """Its certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def issue(self, name: str) -> bytes:
        """A certificate for a name with its key, as they stand in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = self.certificate.subject.rfc4514_string().removeprefix("CN=")
        made = _signed(name, key, issuer, self.key, authority=False)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return private + made.public_bytes(serialization.Encoding.PEM)


def _signed(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey, *, authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    subject, signer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (name, issuer))
    return (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(signer).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(by, hashes.SHA256())
    )  # fmt: skip


def demanding(folder: Path, authority: Authority) -> ssl.SSLContext:
    """A server that takes nobody without a certificate of the authority."""
    (folder / "server.pem").write_bytes(authority.issue("localhost"))
    (folder / "authority.pem").write_bytes(authority.pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    context.load_verify_locations(folder / "authority.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def seen(found: list[str]) -> Serve:
    """Takes everything, and notes who sent it."""

    async def serve(_reader: object, writer: object, _head: bytes) -> None:
        told = writer.get_extra_info("peercert")  # type: ignore[attr-defined]
        found.append(told["subject"][0][0][1])
        writer.write(OK)  # type: ignore[attr-defined]

    return serve


async def test_an_endpoint_that_demands_a_certificate_gets_ours_and_is_believed_by_its_own_authority(
    tmp_path: Path,
) -> None:
    (secrets := tmp_path / "secrets").mkdir()
    government = Authority.named("government")
    server = demanding(tmp_path, government)
    (secrets / AUTHORITY_FILE.format("government")).write_bytes(government.pem())
    (secrets / AUTHORITY_FILE.format("another")).write_bytes(Authority.named("another").pem())
    kiosk = secrets / CLIENT_FILE.format("kiosk")
    kiosk.write_bytes(government.issue("kiosk"))
    (secrets / CLIENT_FILE.format("stranger")).write_bytes(Authority.named("elsewhere").issue("stranger"))
    known, found = Certificates(secrets), []  # type: ignore[var-annotated]
    async with serving(seen(found), server) as port:

        def to(certificate: str | None, authority: str | None) -> Endpoint:
            return Endpoint(
                Target(True, "localhost", port, "/"), LOOPBACK, known.context(certificate, authority)
            )  # fmt: skip

        for certificate, authority in ((None, "government"), ("stranger", "government")):
            with pytest.raises(NotDelivered, match=r"TLS|closed"):
                await post(to(certificate, authority))
        for certificate, authority in (("kiosk", None), ("kiosk", "another")):
            with pytest.raises(NotDelivered, match="certificate is not accepted"):
                await post(to(certificate, authority))
        with pytest.raises(NotDelivered, match=r"^one of webhook-client.absent.pem cannot be used$"):
            await post(to("absent", None))
        endpoint = to("kiosk", "government")
        assert (await post(endpoint))[0] == 200
        # Renewed: the next connection shows the new one.
        endpoint.close()
        kiosk.write_bytes(government.issue("kiosk-renewed"))
        os.utime(kiosk, ns=(1, 1))
        assert (await post(endpoint))[0] == 200
        endpoint.close()
        kiosk.write_bytes(b"no certificate")
        with pytest.raises(NotDelivered, match="cannot be used"):
            await post(endpoint)
    assert found == ["kiosk", "kiosk-renewed"]


def test_when_certificates_end_is_known_before_endpoints_refuse_them(tmp_path: Path) -> None:
    government = Authority.named("government")
    (tmp_path / CLIENT_FILE.format("kiosk")).write_bytes(government.issue("kiosk"))
    (tmp_path / AUTHORITY_FILE.format("government")).write_bytes(government.pem())
    (tmp_path / CLIENT_FILE.format("broken")).write_bytes(b"-----BEGIN CERTIFICATE-----")
    (tmp_path / "webhook.key").write_bytes(b"none")
    told = ends(tmp_path)
    now = datetime.now(UTC)
    assert {file: timedelta() < end - now <= timedelta(hours=1) for file, end in told.items()} == {
        "webhook-client.kiosk.pem": True, "webhook-authority.government.pem": True, "webhook-client.broken.pem": False,
    }  # fmt: skip


async def test_a_subscription_names_the_certificate_it_is_sent_with(
    world: World, subscriber: Subscriber, configured: Settings, tmp_path: Path
) -> None:
    government = Authority.named("government")
    server = demanding(tmp_path, government)
    own = f"{subscriber.account}-desk"
    names = (CLIENT_FILE.format(own), AUTHORITY_FILE.format("county"))
    for name, content in zip(names, (government.issue("desk"), government.pem()), strict=True):
        (configured.secrets / name).write_bytes(content)
    found: list[str] = []
    try:
        async with serving(seen(found), server) as port, sending(configured):
            items, wanted = await a_kind(world)
            opened = await subscriber.open(
                f"https://localhost:{port}/hook", filter=wanted, client_certificate=own, authority="county"
            )
            assert (opened["client_certificate"], opened["authority"]) == (own, "county")
            others = {"name": "一体机", "endpoint": f"https://localhost:{port}/hook", "client_certificate": "desk"}
            problem(await subscriber.call("POST", json=others), 422, "certificate_of_others")
            await world.update(items, name="甲")
            await drained(subscriber, opened["id"])
            path = f"/{opened['id']}"
            location = (await subscriber.call("POST", f"{path}/test")).json()["id"]
            tested = await until_read(lambda: subscriber.call("GET", f"{path}/attempts/{location}"),
                                      lambda answer: answer.json()["outcome"] in ("delivered", "failed"))  # fmt: skip
            assert tested.json()["outcome"] == "delivered", tested.text
            assert tested.json()["request_headers"]["webhook-id"] == location
    finally:
        for name in names:
            (configured.secrets / name).unlink()
    assert found == ["desk", "desk"]


async def test_a_redirect_is_told_and_never_followed() -> None:
    asked: list[bytes] = []
    inside = answering(OK)

    async def secret(reader: object, writer: object, head: bytes) -> None:
        asked.append(head)
        await inside(reader, writer, head)  # type: ignore[arg-type]

    async with serving(secret) as hidden:
        moved = b"HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.1:%d/\r\ncontent-length: 0\r\n\r\n" % hidden
        async with serving(answering(moved)) as port:
            known = Certificates(Path())
            status, _ = await post(Endpoint(Target(False, "127.0.0.1", port, "/"), LOOPBACK, known.context(None, None)))
    assert (status, asked) == (307, [])

"""The way to the backbone: encrypted, with a password that never travels otherwise and a certificate of our own."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import nats.errors
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.publish.backbone.rules import Wanted
from services.publish.backbone.stream import CA_FILE, CERTIFICATE_FILE, KEY_FILE, PASSWORD_FILE, Server, connected
from tests.publish.nats_cluster import BINARY, eventually, free_ports

WANTED = Wanted("SECURE", "secure", 1, "memory", 60)


def certificate(folder: Path) -> None:
    """One certificate that is its own issuer: the server's, and ours."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "backbone")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    for name_of_file in (CA_FILE, CERTIFICATE_FILE):
        (folder / name_of_file).write_bytes(made.public_bytes(pem))
    (folder / KEY_FILE).write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    certificate(tmp_path)
    (tmp_path / PASSWORD_FILE).write_text("right\n")
    (port,) = free_ports(1)
    (tmp_path / "server.conf").write_text(
        f"host: 127.0.0.1\nport: {port}\njetstream {{ store_dir: {tmp_path / 'store'} }}\n"
        "authorization { user: qingdan, password: right }\n"
        f"tls {{ cert_file: {tmp_path / CERTIFICATE_FILE}, key_file: {tmp_path / KEY_FILE},"
        f" ca_file: {tmp_path / CA_FILE}, verify: true }}\n"
    )
    process = subprocess.Popen(
        [str(BINARY), "-c", str(tmp_path / "server.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield Server(f"tls://127.0.0.1:{port}", "qingdan", tmp_path)
    process.kill()
    process.wait()


async def ensured(server: Server) -> tuple[int, list[str]]:
    async with connected(server, WANTED, 2.0) as stream:
        return await stream.ensure()


async def test_the_stream_is_made_over_tls_with_password_and_certificate_and_not_otherwise(
    server: Server, tmp_path: Path
) -> None:
    assert await eventually(lambda: ensured(server)) == (0, [])
    (tmp_path / PASSWORD_FILE).write_text("wrong")
    with pytest.raises(nats.errors.Error):
        await ensured(server)
    (tmp_path / PASSWORD_FILE).write_text("right")
    (tmp_path / CA_FILE).unlink()
    with pytest.raises((nats.errors.Error, OSError)):
        await ensured(server)
    with pytest.raises((nats.errors.Error, OSError, TimeoutError)):
        await ensured(replace(server, url=server.url.replace("tls:", "nats:"), user=None))

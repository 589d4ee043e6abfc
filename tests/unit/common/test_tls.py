"""HTTP servers speak TLS 1.3, and say which files they cannot use."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from eventline_common.http.tls import server_ssl_context
from eventline_common.settings import TlsSettings

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def tls(tmp_path: Path) -> TlsSettings:
    """A self-signed certificate for localhost and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=36500))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    settings = TlsSettings(tmp_path / "certificate.pem", tmp_path / "key.pem")
    settings.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    settings.private_key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return settings


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> str | None:
    """Shake hands in memory; return the version that both agreed on."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname="localhost"),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends[0].version()


def test_a_client_is_served_with_tls_1_3(tls: TlsSettings) -> None:
    client = ssl.create_default_context(cafile=tls.certificate)
    assert handshake(server_ssl_context(tls), client) == "TLSv1.3"


def test_a_client_without_tls_1_3_is_refused(tls: TlsSettings) -> None:
    client = ssl.create_default_context(cafile=tls.certificate)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        handshake(server_ssl_context(tls), client)


def test_a_missing_file_is_told_with_both_names(tls: TlsSettings) -> None:
    tls.private_key.unlink()
    with pytest.raises(OSError, match="No such file or directory") as raised:
        server_ssl_context(tls)
    assert str(tls.certificate) in str(raised.value)
    assert str(tls.private_key) in str(raised.value)


def test_a_file_that_is_no_key_is_told(tls: TlsSettings) -> None:
    tls.private_key.write_text("nothing")
    with pytest.raises(OSError, match="cannot use the TLS certificate"):
        server_ssl_context(tls)

"""Mail over STARTTLS, which is used whenever the server offers it."""

import ipaddress
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from eventline_common.clock import utc_now
from eventline_common.db.session import Database
from eventline_common.testing.clock import SettableClock
from eventline_notifier.channels.mail import MailChannel, MailSettings
from eventline_notifier.delivery import Delivering
from eventline_notifier.planning import Planning

from .conftest import Notify, deliveries, mail_settings
from .mail_server import MailServer, running_mail_server


def certificate(directory: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    day = timedelta(days=1)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(utc_now() - day)
        .not_valid_after(utc_now() + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = directory / "certificate.pem", directory / "key.pem"
    paths[0].write_bytes(built.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[MailServer]:
    own, key = certificate(tmp_path)
    options = ["--certificate", str(own), "--key", str(key), "--login", "bob:secret"]
    with running_mail_server(tmp_path / "mails", *options) as server:
        yield server


@pytest.fixture
def settings(tls_server: MailServer) -> MailSettings:
    ca = str(tls_server.directory.parent / "certificate.pem")
    return replace(mail_settings(tls_server.port), username="bob", password="secret", ca_certificate_path=ca)


async def test_a_server_that_offers_starttls_gets_mail_and_password_encrypted(
    tls_server: MailServer, planning: Planning, delivering: Delivering, notify: Notify
) -> None:
    await notify()
    await planning.run_once()

    await delivering.run_once()
    await delivering.run_once()

    assert [(mail.encrypted, mail.login) for mail in tls_server.mails()] == [(True, "bob")]


async def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    tls_server: MailServer, planning: Planning, delivering: Delivering, settings: MailSettings, notify: Notify,
    database: Database, clock: SettableClock,
) -> None:  # fmt: skip
    await notify()
    await planning.run_once()

    await replace(delivering, sender=MailChannel(replace(settings, ca_certificate_path=None))).run_once()

    assert tls_server.mails() == []
    [row] = await deliveries(database)
    assert row["status"] == "pending"
    assert "certificate verify failed" in row["error_message"]

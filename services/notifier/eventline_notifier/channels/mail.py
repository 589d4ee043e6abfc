"""Mail: one per message, to all recipients of the project (contract service-config, section 8)."""

import ipaddress
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, getaddresses

import aiosmtplib

from eventline_notifier.channels.channel import Refused, Undeliverable
from eventline_notifier.channels.mail_bodies import html_body, plain_body
from eventline_notifier.domain import Message
from eventline_notifier.texts import text_of

_TIMEOUT = 20.0
_POLICY = SMTP_POLICY.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Where mail goes out and what is in every one of them; no allowed domains allow all."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    from_address: str
    subject_prefix: str
    signature: str
    web_uri: str
    ca_certificate_path: str | None = None
    allowed_domains: Collection[str] = ()


def compose(message: Message, settings: MailSettings, *, now: datetime) -> EmailMessage:
    """Write the mail; raise Undeliverable when nobody may get it or an address is none."""
    recipients = _recipients(message.target.email_addresses, settings.allowed_domains)
    text = text_of(message, web_uri=settings.web_uri.rstrip("/"))
    mail = EmailMessage(policy=_POLICY)
    try:
        mail["From"] = Address("Eventline", addr_spec=settings.from_address)
        mail["To"] = ", ".join(recipients)
    except (ValueError, IndexError) as error:
        raise Undeliverable(f"an email address is not valid: {error}") from error
    mail["Subject"] = " ".join(f"{settings.subject_prefix}{text.subject}".splitlines())
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message.id}@eventline>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain_body(text, settings.signature), cte="quoted-printable")
    mail.add_alternative(html_body(text, settings.signature), subtype="html", cte="quoted-printable")
    return mail


def _recipients(addresses: Sequence[str], domains: Collection[str]) -> Sequence[str]:
    """Return those that may get mail: the allowed domains may have changed since the project was set up."""
    if not addresses:
        raise Undeliverable("the project has no email addresses")
    if not domains:
        return addresses
    allowed = [text for text in addresses if getaddresses([text])[0][1].rpartition("@")[2] in domains]
    if not allowed:
        raise Undeliverable(
            "no email address of the project is in an allowed domain; "
            f"allowed domains: {', '.join(sorted(domains))} (setting notifications.allowed_domains)"
        )
    return allowed


class MailChannel:
    """Talks to the mail server, in one conversation for as long as there is something to send."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, message: Message, *, now: datetime) -> str | None:
        """Send; return a remark when only some recipients were refused."""
        mail = compose(message, self._settings, now=now)
        recipients = [address for _, address in getaddresses([str(mail["To"])]) if address]
        client = self._client = self._client or await self._connect()
        try:
            refused, _ = await client.send_message(mail, sender=self._settings.from_address, recipients=recipients)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise Refused("; ".join(_refusal(one.recipient, one) for one in error.recipients)) from error
        except aiosmtplib.SMTPResponseException as error:
            self._hang_up()
            raise Refused(f"the smtp server answered {error.code} {error.message}") from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            self._hang_up()
            raise Refused(f"the smtp server hung up: {str(error) or type(error).__name__}") from error
        except BaseException:
            self._hang_up()
            raise
        return "; ".join(f"{address}: {answer.code} {answer.message}" for address, answer in refused.items()) or None

    async def rest(self) -> None:
        """End the conversation."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            await client.quit()
        except (aiosmtplib.SMTPException, OSError):
            client.close()

    def _hang_up(self) -> None:
        """End a conversation that has gone wrong, without a word."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _connect(self) -> aiosmtplib.SMTP:
        """Connect, with TLS when the server offers it, and log in when both user name and password are set."""
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.host, port=settings.port, timeout=_TIMEOUT, cert_bundle=settings.ca_certificate_path
        )
        try:
            await client.connect()
            if settings.username and settings.password:
                _require_secrecy(client, settings)
                await client.login(settings.username, settings.password)
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            where = f"smtp server {settings.host}:{settings.port}"
            raise Refused(f"{where}: {str(error) or type(error).__name__}") from error
        except BaseException:
            client.close()
            raise
        return client


def _require_secrecy(client: aiosmtplib.SMTP, settings: MailSettings) -> None:
    if client.get_transport_info("sslcontext") is None and not _is_local(settings.host):
        raise aiosmtplib.SMTPException("it offers no TLS, so the password is not sent to it")


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refusal(recipient: str, error: aiosmtplib.SMTPResponseException) -> str:
    return f"{recipient}: {error.code} {error.message}"

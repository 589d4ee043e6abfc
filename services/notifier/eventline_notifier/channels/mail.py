"""Mail: one message per notification, to all recipients of the project (contract service-config, section 8)."""

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, getaddresses
from html import escape

import aiosmtplib

from eventline_notifier.domain import Notification, Text, text_of

_TIMEOUT = 20.0
_POLICY = SMTP_POLICY.clone(cte_type="7bit")


class MailRefused(Exception):
    """The server did not take a mail, or could not be talked to; another try may succeed."""


class Undeliverable(Exception):
    """A mail that no server could take."""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Where mail goes out and what is in every one of them."""

    host: str
    port: int
    username: str
    password: str
    from_address: str
    subject_prefix: str
    signature: str
    web_uri: str


def compose(notification: Notification, settings: MailSettings, *, now: datetime) -> EmailMessage:
    """Write the mail; raise Undeliverable when nobody is to get it or an address is none."""
    if not notification.recipients:
        raise Undeliverable("the project has no email addresses")
    text = text_of(notification, web_uri=settings.web_uri.rstrip("/"))
    message = EmailMessage(policy=_POLICY)
    try:
        message["From"] = Address("Eventline", addr_spec=settings.from_address)
        message["To"] = ", ".join(notification.recipients)
    except (ValueError, IndexError) as error:
        raise Undeliverable(f"an email address is not valid: {error}") from error
    message["Subject"] = " ".join(f"{settings.subject_prefix}{text.subject}".splitlines())
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{notification.id}@eventline>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(plain_body(text, settings.signature), cte="quoted-printable")
    message.add_alternative(html_body(text, settings.signature), subtype="html", cte="quoted-printable")
    return message


def plain_body(text: Text, signature: str) -> str:
    """Write the paragraphs, the link, and the signature below its line of dashes."""
    body = "\n\n".join([*text.paragraphs, text.link]) + "\n"
    return f"{body}\n--\n{signature}\n" if signature else body


def html_body(text: Text, signature: str) -> str:
    """Write the same as markup; every word of it is data and escaped."""
    paragraphs = "".join(f"<p>{_lines(paragraph)}</p>\n" for paragraph in text.paragraphs)
    link = f'<p><a href="{escape(text.link)}">{escape(text.link)}</a></p>\n'
    ending = f"<p>--<br>\n{_lines(signature)}</p>\n" if signature else ""
    return f"<!DOCTYPE html>\n<html><body>\n{paragraphs}{link}{ending}</body></html>\n"


class MailConnection:
    """An open conversation with the mail server."""

    def __init__(self, client: aiosmtplib.SMTP, settings: MailSettings) -> None:
        self._client = client
        self._settings = settings

    async def send(self, message: EmailMessage) -> str | None:
        """Send; return a remark when only some recipients were refused. Raises MailRefused."""
        recipients = [address for _, address in getaddresses([str(message["To"])]) if address]
        try:
            refused, _ = await self._client.send_message(
                message, sender=self._settings.from_address, recipients=recipients
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise MailRefused("; ".join(_refusal(one.recipient, one) for one in error.recipients)) from error
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise MailRefused(str(error) or type(error).__name__) from error
        return "; ".join(f"{address}: {answer.code} {answer.message}" for address, answer in refused.items()) or None


@asynccontextmanager
async def open_connection(settings: MailSettings) -> AsyncIterator[MailConnection]:
    """Connect, with TLS when the server offers it, and log in when both user name and password are set.

    Raises MailRefused.
    """
    client = aiosmtplib.SMTP(hostname=settings.host, port=settings.port, timeout=_TIMEOUT)
    try:
        await client.connect()
        if settings.username and settings.password:
            _require_secrecy(client, settings)
            await client.login(settings.username, settings.password)
    except (aiosmtplib.SMTPException, OSError) as error:
        client.close()
        raise MailRefused(f"smtp server {settings.host}:{settings.port}: {error or type(error).__name__}") from error
    try:
        yield MailConnection(client, settings)
    finally:
        await _hang_up(client)


async def _hang_up(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit()
    except (aiosmtplib.SMTPException, OSError):
        client.close()


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


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>\n")

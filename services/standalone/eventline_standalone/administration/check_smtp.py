"""Whether the mail server answers and lets us in; no mail is sent."""

import smtplib
import ssl
from collections.abc import Iterator

from eventline_common.settings import Settings, SmtpServerSettings
from eventline_standalone.administration.connection import reason
from eventline_standalone.administration.findings import Finding, ok, problem, warning

_DEADLINE = 10.0


def check_smtp(settings: Settings) -> Iterator[Finding]:
    """Yield what is found; the default server is often not there and not needed."""
    server = settings.notifications.smtp_server
    try:
        secured = _talk(server)
    except smtplib.SMTPAuthenticationError as error:
        text = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        yield problem("mail", f'{server.address} refuses the user "{server.username}": {text}')
    except (OSError, smtplib.SMTPException, ValueError) as error:
        text = f"{server.address} cannot be used, so no mail would be sent: {reason(error)}"
        if server == SmtpServerSettings():
            yield warning("mail", f"{text}; set notifications.smtp_server if projects shall get mail")
        else:
            yield problem("mail", f"{text}; is notifications.smtp_server.address right?")
    else:
        yield ok("mail", f"{server.address} takes mail{', encrypted' if secured else ', unencrypted'}")


def _talk(server: SmtpServerSettings) -> bool:
    host, _, port = server.address.rpartition(":")
    with smtplib.SMTP(host.strip("[]"), int(port), timeout=_DEADLINE) as client:
        client.ehlo()
        secured = client.has_extn("starttls")
        if secured:
            client.starttls(context=ssl.create_default_context())
            client.ehlo()
        if server.username and server.password:
            client.login(server.username, server.password)
        client.noop()
        return secured

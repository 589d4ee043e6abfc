"""A mail server as a process of its own, which keeps what it receives in files.

`python mail_server.py <directory> [--login user:password] [--certificate file --key file]` prints its port. What it
answers is read from `<directory>/behaviour.json` before each answer.
"""

import argparse
import asyncio
import json
import signal
import ssl
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(frozen=True)
class ReceivedMail:
    """A mail as the server got it."""

    sender: str
    recipients: Sequence[str]
    encrypted: bool
    login: str | None
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    def part(self, kind: str) -> str:
        """The text of the part of a kind, `plain` or `html`."""
        body = self.message.get_body((kind,))
        assert body is not None
        content = body.get_content()
        assert isinstance(content, str)
        return content


@dataclass(frozen=True)
class MailServer:
    """The server as a test sees it."""

    directory: Path
    port: int
    process: "subprocess.Popen[str]"

    def behave(self, **behaviour: str) -> None:
        """Say what it answers: `data` to a mail, `refuse` is a recipient that it does not know."""
        path = self.directory / "behaviour.json"
        path.with_suffix(".new").write_text(json.dumps(behaviour))
        path.with_suffix(".new").rename(path)

    def mails(self) -> list[ReceivedMail]:
        """What it has taken, in order."""
        return [_read(path) for path in sorted(self.directory.glob("*.mail"))]

    def subjects(self) -> list[str]:
        """The subjects of what it has taken, sorted."""
        return sorted(mail.subject for mail in self.mails())

    def forget(self) -> None:
        """Begin anew."""
        for path in [*self.directory.glob("*.mail"), *self.directory.glob("behaviour.json")]:
            path.unlink()


def _read(path: Path) -> ReceivedMail:
    head, _, content = path.read_bytes().partition(b"\n")
    envelope = json.loads(head)
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return ReceivedMail(**envelope, message=message)


@contextmanager
def running_mail_server(directory: Path, *options: str) -> Iterator[MailServer]:
    """Start the server and wait for its port."""
    directory.mkdir(exist_ok=True)
    command = [sys.executable, "-W", "ignore", __file__, str(directory), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield MailServer(directory, int(process.stdout.readline()), process)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()


class _Handler:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = count()

    def _behaviour(self) -> dict[str, str]:
        try:
            return dict(json.loads((self._directory / "behaviour.json").read_text()))
        except FileNotFoundError:
            return {}

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address == self._behaviour().get("refuse"):
            return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self._behaviour().get("data", "250 taken")
        if answer.startswith("250"):
            self._keep(session, envelope)
        if answer == "250 vanish":
            sys.exit(1)
        return answer

    def _keep(self, session: Session, envelope: Envelope) -> None:
        login = session.auth_data.login.decode() if isinstance(session.auth_data, LoginPassword) else None
        head = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "encrypted": session.ssl is not None,
            "login": login,
        }
        path = self._directory / f"{next(self._numbers):06}.mail"
        content = envelope.original_content or b""
        path.with_suffix(".new").write_bytes(json.dumps(head).encode() + b"\n" + content)
        path.with_suffix(".new").rename(path)


async def _serve(arguments: argparse.Namespace) -> None:
    tls = None
    if arguments.certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(arguments.certificate, arguments.key)
    login = arguments.login.partition(":") if arguments.login else None

    def authenticate(_s: SMTP, _session: Session, _e: Envelope, _mechanism: str, data: object) -> AuthResult:
        right = (
            login is not None
            and isinstance(data, LoginPassword)
            and (data.login.decode(), data.password.decode()) == (login[0], login[2])
        )
        return AuthResult(success=right, handled=False, auth_data=data)

    handler = _Handler(Path(arguments.directory))
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(
            handler,
            tls_context=tls,
            authenticator=authenticate,
            auth_required=login is not None,
            auth_require_tls=tls is not None,
        ),
        "127.0.0.1",
        0,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--login")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    with warnings.catch_warnings():
        asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()

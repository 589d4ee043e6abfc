from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from eventline_common.db.session import Database, Row
from eventline_common.embedded.ports import free_port
from eventline_common.executions import abort
from eventline_common.ids import ProjectId
from eventline_common.metrics import Metrics
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import EPOCH, create_execution, create_job, create_project
from eventline_notifier import store
from eventline_notifier.channels.mail import MailSettings
from eventline_notifier.counters import Counters
from eventline_notifier.delivery import Delivery

Notify = Callable[..., Awaitable[str]]


@dataclass
class Mailbox:
    """What a mail server received; `answer` is what it says to each mail."""

    envelopes: list[Envelope] = field(default_factory=list)
    answer: str = "250 taken"
    refused_recipient: str = ""

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address == self.refused_recipient:
            return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.envelopes.append(envelope)
        return self.answer

    def mails(self) -> list[Message]:
        return [message_from_bytes(envelope.content or b"") for envelope in self.envelopes]  # type: ignore[arg-type]


@contextmanager
def mail_server(mailbox: Mailbox, port: int, **options: Any) -> Iterator[None]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def settings() -> MailSettings:
    return MailSettings(
        host="127.0.0.1",
        port=free_port(),
        username="",
        password="",
        from_address="no-reply@localhost",
        subject_prefix="[eventline] ",
        signature="Eventline",
        web_uri="http://localhost:8087",
    )


@pytest.fixture
def delivery(database: Database, clock: SettableClock, settings: MailSettings) -> Delivery:
    return Delivery(database, clock, settings, Counters(Metrics("test")))


@pytest_asyncio.fixture
async def project_id(database: Database) -> ProjectId:
    async with database.transaction() as tx:
        id = await create_project(tx)
        await tx.execute(
            "UPDATE project_notification_settings SET email_addresses = '{bob@example.com, alice@example.com}'"
        )
    return id


@pytest.fixture
def notify(database: Database, project_id: ProjectId) -> Notify:
    """Let an execution of a job be aborted, which makes a notification wait; return the id of the execution."""

    async def create(name: str = "deploy") -> str:
        async with database.transaction() as tx:
            execution = await create_execution(tx, await create_job(tx, project_id, name=name))
            await abort(tx, [execution.id], now=EPOCH, default_retention=None)
        return execution.id

    return create


async def notifications(database: Database) -> list[Row]:
    async with database.connection() as tx:
        return list(await tx.fetch("SELECT * FROM notifications ORDER BY id"))


async def test_a_notification_is_one_mail_to_all_recipients_of_the_project(
    delivery: Delivery, database: Database, mailbox: Mailbox, settings: MailSettings, notify: Notify
) -> None:
    execution_id = await notify()

    with mail_server(mailbox, settings.port):
        await delivery.run_once()

    [envelope], [mail] = mailbox.envelopes, mailbox.mails()
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@localhost", ["bob@example.com", "alice@example.com"])
    assert mail["Subject"] == '[eventline] Job "deploy" has been aborted'
    bodies = [part.get_payload(decode=True).decode() for part in mail.walk() if not part.is_multipart()]  # type: ignore[union-attr]
    assert [f"http://localhost:8087/job_executions/id/{execution_id}" in body for body in bodies] == [True, True]
    [row] = await notifications(database)
    assert (row["status"], row["delivery_time"], row["error_message"]) == ("delivered", EPOCH, None)


async def test_a_delivered_notification_is_never_sent_again(
    delivery: Delivery, mailbox: Mailbox, settings: MailSettings, notify: Notify, clock: SettableClock
) -> None:
    await notify()

    with mail_server(mailbox, settings.port):
        await delivery.run_once()
        clock.advance(3600)
        await delivery.run_once()

    assert len(mailbox.envelopes) == 1


async def test_while_the_mail_server_is_away_deliveries_wait_longer_and_longer(
    delivery: Delivery, database: Database, notify: Notify, clock: SettableClock
) -> None:
    await notify()
    waits = []

    for _ in range(6):
        await delivery.run_once()
        [row] = await notifications(database)
        waits.append((row["next_delivery_time"] - clock.now()).total_seconds())
        assert row["status"] == "pending"
        assert row["error_message"].startswith("smtp server 127.0.0.1:")
        clock.set(row["next_delivery_time"])

    assert waits == [5, 10, 20, 40, 60, 60]


async def test_a_mail_arrives_when_the_server_is_back(
    delivery: Delivery,
    database: Database,
    mailbox: Mailbox,
    settings: MailSettings,
    notify: Notify,
    clock: SettableClock,
) -> None:
    await notify()
    await delivery.run_once()

    with mail_server(mailbox, settings.port):
        clock.advance(4)
        await delivery.run_once()
        assert mailbox.envelopes == []
        clock.advance(1)
        await delivery.run_once()

    assert len(mailbox.envelopes) == 1
    [row] = await notifications(database)
    assert (row["status"], row["error_message"], row["delivery_attempts"]) == ("delivered", None, 2)


async def test_after_a_day_a_notification_is_abandoned_with_its_last_error(
    delivery: Delivery,
    database: Database,
    mailbox: Mailbox,
    settings: MailSettings,
    notify: Notify,
    clock: SettableClock,
) -> None:
    mailbox.answer = "451 try later"
    await notify()
    clock.set(EPOCH + timedelta(hours=24))

    with mail_server(mailbox, settings.port):
        await delivery.run_once()

    [row] = await notifications(database)
    assert (row["status"], "451" in row["error_message"] or "try later" in row["error_message"]) == ("abandoned", True)


async def test_one_refused_recipient_keeps_the_mail_from_nobody_else(
    delivery: Delivery, database: Database, mailbox: Mailbox, settings: MailSettings, notify: Notify
) -> None:
    mailbox.refused_recipient = "bob@example.com"
    await notify()

    with mail_server(mailbox, settings.port):
        await delivery.run_once()

    assert [envelope.rcpt_tos for envelope in mailbox.envelopes] == [["alice@example.com"]]
    [row] = await notifications(database)
    assert (row["status"], row["error_message"]) == ("delivered", "bob@example.com: 550 nobody here")


async def test_a_mail_that_is_refused_holds_up_no_other(
    delivery: Delivery, database: Database, mailbox: Mailbox, settings: MailSettings, notify: Notify
) -> None:
    await notify("first")
    await notify("second")
    async with database.transaction() as tx:
        await tx.execute("UPDATE project_notification_settings SET email_addresses = '{bob@example.com}'")
    mailbox.refused_recipient = "bob@example.com"

    with mail_server(mailbox, settings.port):
        await delivery.run_once()
        mailbox.refused_recipient = ""
        async with database.transaction() as tx:
            await tx.execute(
                "UPDATE notifications SET next_delivery_time = $1 WHERE id = (SELECT max(id) FROM notifications)", EPOCH
            )
        await delivery.run_once()

    assert sorted(row["status"] for row in await notifications(database)) == ["delivered", "pending"]


async def test_a_project_without_addresses_gets_no_mail_and_the_notification_says_so(
    delivery: Delivery, database: Database, mailbox: Mailbox, settings: MailSettings, notify: Notify
) -> None:
    await notify()
    async with database.transaction() as tx:
        await tx.execute("UPDATE project_notification_settings SET email_addresses = '{}'")

    with mail_server(mailbox, settings.port):
        await delivery.run_once()

    [row] = await notifications(database)
    assert (row["status"], row["error_message"]) == ("abandoned", "the project has no email addresses")


async def test_two_notifiers_never_send_the_same_mail(
    delivery: Delivery, database: Database, mailbox: Mailbox, settings: MailSettings, notify: Notify
) -> None:
    for name in ("one", "two", "three"):
        await notify(name)
    other = replace(delivery, batch=2)

    with mail_server(mailbox, settings.port):
        await other.run_once()
        await delivery.run_once()

    assert sorted(mail["Subject"] for mail in mailbox.mails()) == sorted(
        f'[eventline] Job "{name}" has been aborted' for name in ("one", "two", "three")
    )


async def test_what_a_crashed_notifier_had_taken_is_delivered_after_its_lease(
    delivery: Delivery,
    database: Database,
    mailbox: Mailbox,
    settings: MailSettings,
    notify: Notify,
    clock: SettableClock,
) -> None:
    await notify()
    async with database.transaction() as tx:
        await store.take_due(tx, now=clock.now(), lease_end=clock.now() + timedelta(seconds=180), limit=10)

    with mail_server(mailbox, settings.port):
        await delivery.run_once()
        assert mailbox.envelopes == []
        clock.advance(180)
        await delivery.run_once()

    assert len(mailbox.envelopes) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_user_name_and_password_are_used_when_both_are_set(
    database: Database, clock: SettableClock, mailbox: Mailbox, settings: MailSettings, notify: Notify
) -> None:
    seen: list[LoginPassword] = []

    def authenticate(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        seen.append(data)
        return AuthResult(success=data.password == b"secret", handled=False)

    options = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    await notify()

    with mail_server(mailbox, settings.port, **options):
        wrong = replace(settings, username="bob", password="wrong")
        await Delivery(database, clock, wrong, Counters(Metrics("test"))).run_once()
        assert mailbox.envelopes == []
        clock.advance(5)
        right = replace(settings, username="bob", password="secret")
        await Delivery(database, clock, right, Counters(Metrics("test"))).run_once()

    assert [login.login for login in seen][-1] == b"bob"
    assert len(mailbox.envelopes) == 1

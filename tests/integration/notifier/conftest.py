"""What the tests of the notifier share."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from eventline_common.db.session import Database, Row
from eventline_common.domain.notifications import Channel
from eventline_common.executions import abort
from eventline_common.ids import ProjectId
from eventline_common.metrics import Metrics
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import EPOCH, create_execution, create_job, create_project
from eventline_notifier.channels.mail import MailChannel, MailSettings
from eventline_notifier.counters import Counters
from eventline_notifier.delivery import Delivering
from eventline_notifier.planning import Planning

from .mail_server import MailServer, running_mail_server

Notify = Callable[..., Awaitable[str]]
Deliver = Callable[[], Awaitable[None]]


@pytest.fixture(scope="session")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    """One mail server for all tests."""
    with running_mail_server(tmp_path_factory.mktemp("mail")) as server:
        yield server


@pytest.fixture
def mail_server(running_server: MailServer) -> MailServer:
    """A mail server that has received nothing yet."""
    running_server.forget()
    return running_server


def mail_settings(port: int) -> MailSettings:
    return MailSettings(
        host="127.0.0.1",
        port=port,
        username="",
        password="",
        from_address="no-reply@localhost",
        subject_prefix="[eventline] ",
        signature="Sent by <Eventline>.",
        web_uri="http://localhost:8087",
    )


@pytest.fixture
def settings(mail_server: MailServer) -> MailSettings:
    return mail_settings(mail_server.port)


@pytest.fixture
def planning(database: Database, clock: SettableClock) -> Planning:
    return Planning(database, clock, [], 10)


@pytest.fixture
def counters() -> Counters:
    return Counters(Metrics("test"))


@pytest_asyncio.fixture
async def delivering(
    database: Database, clock: SettableClock, settings: MailSettings, counters: Counters
) -> AsyncIterator[Delivering]:
    sender = MailChannel(settings)
    yield Delivering(database, clock, Channel.MAIL, sender, counters)
    await sender.rest()


@pytest.fixture
def deliver(planning: Planning, delivering: Delivering) -> Deliver:
    """Plan and send all that is due."""

    async def run() -> None:
        while await planning.run_once():
            pass
        while await delivering.run_once():
            pass

    return run


@pytest_asyncio.fixture
async def project_id(database: Database) -> ProjectId:
    async with database.transaction() as tx:
        id = await create_project(tx)
        await tx.execute(
            "UPDATE project_notification_settings SET email_addresses = '{bob@example.com, alice@example.com}'"
        )
    return id


@pytest.fixture
def notify(database: Database, project_id: ProjectId, clock: SettableClock) -> Notify:
    """Let an execution of a job be aborted, which makes a notification wait; return the id of the execution."""

    async def create(name: str = "deploy") -> str:
        async with database.transaction() as tx:
            job_id = await tx.fetchval("SELECT id FROM jobs WHERE name = $1", name)
            execution = await create_execution(tx, job_id or await create_job(tx, project_id, name=name), now=EPOCH)
            await abort(tx, [execution.id], now=clock.now(), default_retention=None)
        return execution.id

    return create


async def notifications(database: Database) -> list[Row]:
    """All notifications, in order."""
    async with database.connection() as tx:
        return list(await tx.fetch("SELECT * FROM notifications ORDER BY id"))


async def deliveries(database: Database) -> list[Row]:
    """All deliveries, in order."""
    async with database.connection() as tx:
        return list(await tx.fetch("SELECT * FROM notification_deliveries ORDER BY message_id, channel"))


@pytest.fixture
def mail_directory(tmp_path: Path) -> Path:
    return tmp_path / "mails"

"""A storm of failures is a handful of mails."""

from datetime import timedelta

from eventline_common.db.session import Database
from eventline_common.executions import abort
from eventline_common.ids import ProjectId
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import EPOCH, create_execution, create_job

from .conftest import Deliver, Notify, notifications
from .mail_server import MailServer


async def test_a_thousand_ends_in_a_minute_are_a_dozen_mails_at_most_and_each_is_told(
    database: Database, project_id: ProjectId, deliver: Deliver, mail_server: MailServer, clock: SettableClock
) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id, name="deploy", concurrent=True)
    for _ in range(20):
        async with database.transaction() as tx:
            ids = [(await create_execution(tx, job_id)).id for _ in range(50)]
            await abort(tx, ids, now=clock.now(), default_retention=None)
        await deliver()
        clock.advance(3)
    clock.advance(120)
    await deliver()

    mails = mail_server.mails()
    told = sum(int(mail.subject.split(": ")[1].split()[0]) if "project" in mail.subject else 1 for mail in mails)
    assert told == 1000
    assert len(mails) <= 12
    assert {row["status"] for row in await notifications(database)} == {"delivered"}
    assert "50 job executions have been aborted" in mails[0].part("plain")


async def test_a_digest_that_is_refused_is_sent_again_whole(
    deliver: Deliver, mail_server: MailServer, notify: Notify, clock: SettableClock, database: Database
) -> None:
    mail_server.behave(data="451 later")
    for _ in range(11):
        await notify()
    await deliver()
    mail_server.behave()
    await notify()

    clock.set(EPOCH + timedelta(seconds=5))
    await deliver()
    clock.set(EPOCH + timedelta(seconds=60))
    await deliver()

    assert mail_server.subjects() == [
        '[eventline] Job "deploy" has been aborted',
        '[eventline] project "main": 11 job executions have been aborted',
    ]
    assert {row["status"] for row in await notifications(database)} == {"delivered"}


async def test_a_storm_in_one_project_delays_no_other(
    database: Database, deliver: Deliver, mail_server: MailServer, notify: Notify, project_id: ProjectId
) -> None:
    for _ in range(10):
        await notify()
    await deliver()
    await notify()
    async with database.transaction() as tx:
        other = await tx.fetchval("INSERT INTO projects VALUES ($1, 'other', $2, $2) RETURNING id", "9" * 27, EPOCH)
        await tx.execute(
            "INSERT INTO project_notification_settings (id, email_addresses) VALUES ($1, '{eve@example.com}')", other
        )
        execution = await create_execution(tx, await create_job(tx, other, name="calm"))
        await abort(tx, [execution.id], now=EPOCH, default_retention=None)

    await deliver()

    assert len(mail_server.mails()) == 11
    assert '[eventline] Job "calm" has been aborted' in mail_server.subjects()

"""Mails, from a waiting notification to a real mail server and back to the record of it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from eventline_common.db.session import Database
from eventline_common.domain.notifications import Channel
from eventline_common.embedded.ports import free_port
from eventline_common.ids import ProjectId
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import EPOCH
from eventline_notifier import store
from eventline_notifier.channels.mail import MailChannel, MailSettings
from eventline_notifier.delivery import LEASE, Delivering
from eventline_notifier.planning import Planning

from .conftest import Deliver, Notify, deliveries, mail_settings, notifications
from .mail_server import MailServer, running_mail_server


async def test_a_notification_is_one_mail_to_all_recipients_of_the_project(
    deliver: Deliver, database: Database, mail_server: MailServer, notify: Notify
) -> None:
    execution_id = await notify()

    await deliver()

    [mail] = mail_server.mails()
    assert (mail.sender, mail.recipients) == ("no-reply@localhost", ["bob@example.com", "alice@example.com"])
    assert mail.subject == '[eventline] Job "deploy" has been aborted'
    link = f"http://localhost:8087/job_executions/id/{execution_id}"
    assert [link in mail.part(kind) for kind in ("plain", "html")] == [True, True]
    [notification], [delivery] = await notifications(database), await deliveries(database)
    assert (notification["status"], notification["message_id"]) == ("delivered", notification["id"])
    assert (delivery["status"], delivery["delivery_time"], delivery["error_message"]) == ("delivered", EPOCH, None)


async def test_a_delivered_notification_is_never_sent_again(
    deliver: Deliver, mail_server: MailServer, notify: Notify, clock: SettableClock
) -> None:
    await notify()

    await deliver()
    clock.advance(3600)
    await deliver()

    assert len(mail_server.mails()) == 1


async def test_while_the_mail_server_is_away_deliveries_wait_longer_and_longer_and_arrive_when_it_is_back(
    planning: Planning,
    delivering: Delivering,
    database: Database,
    mail_server: MailServer,
    settings: MailSettings,
    notify: Notify,
    clock: SettableClock,
) -> None:
    await notify()
    await planning.run_once()
    away = replace(delivering, sender=MailChannel(replace(settings, port=free_port())))
    waits = []

    for _ in range(6):
        await away.run_once()
        [row] = await deliveries(database)
        waits.append((row["next_delivery_time"] - clock.now()).total_seconds())
        assert row["status"] == "pending"
        assert row["error_message"].startswith("smtp server 127.0.0.1:")
        clock.set(row["next_delivery_time"])
    await delivering.run_once()

    assert waits == [5, 10, 20, 40, 60, 60]
    assert len(mail_server.mails()) == 1
    [row] = await deliveries(database)
    assert (row["status"], row["error_message"], row["delivery_attempts"]) == ("delivered", None, 7)


async def test_after_a_day_a_delivery_is_given_up_with_its_last_error(
    deliver: Deliver, database: Database, mail_server: MailServer, notify: Notify, clock: SettableClock
) -> None:
    mail_server.behave(data="451 try later")
    await notify()
    await deliver()

    clock.set(EPOCH + timedelta(hours=24))
    await deliver()

    [notification], [delivery] = await notifications(database), await deliveries(database)
    assert (notification["status"], delivery["status"]) == ("abandoned", "abandoned")
    assert delivery["error_message"] == "the smtp server answered 451 try later"


async def test_one_refused_recipient_keeps_the_mail_from_nobody_else(
    deliver: Deliver, database: Database, mail_server: MailServer, notify: Notify
) -> None:
    mail_server.behave(refuse="bob@example.com")
    await notify()

    await deliver()

    assert [mail.recipients for mail in mail_server.mails()] == [["alice@example.com"]]
    [row] = await deliveries(database)
    assert (row["status"], row["error_message"]) == ("delivered", "bob@example.com: 550 nobody here")


async def test_a_mail_that_is_refused_holds_up_no_other(
    deliver: Deliver, database: Database, mail_server: MailServer, notify: Notify, project_id: ProjectId
) -> None:
    mail_server.behave(data="554 no")
    await notify("first")
    await deliver()
    mail_server.behave()
    await notify("second")

    await deliver()

    assert sorted(row["status"] for row in await deliveries(database)) == ["delivered", "pending"]


async def test_a_project_without_channels_is_told_nothing_and_the_notification_says_so(
    deliver: Deliver, database: Database, mail_server: MailServer, notify: Notify
) -> None:
    await notify()
    async with database.transaction() as tx:
        await tx.execute("UPDATE project_notification_settings SET email_addresses = '{}'")

    await deliver()

    [row] = await notifications(database)
    assert row["status"] == "abandoned"
    assert row["error_message"].startswith("the project has no email address")
    assert mail_server.mails() == []


async def test_mails_go_to_allowed_domains_only(
    deliver: Deliver, database: Database, delivering: Delivering, settings: MailSettings, mail_server: MailServer,
    notify: Notify, planning: Planning,
) -> None:  # fmt: skip
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE project_notification_settings SET email_addresses = '{Bob <bob@example.com>, eve@EXAMPLE.com}'"
        )
    limited = replace(delivering, sender=MailChannel(replace(settings, allowed_domains=("example.com",))))
    closed = replace(delivering, sender=MailChannel(replace(settings, allowed_domains=("example.org",))))
    await notify("one")
    await planning.run_once()
    await limited.run_once()
    await limited.run_once()
    await notify("two")
    await planning.run_once()
    await closed.run_once()

    assert [mail.recipients for mail in mail_server.mails()] == [["bob@example.com"]]
    assert sorted(row["status"] for row in await deliveries(database)) == ["abandoned", "delivered"]


async def test_two_notifiers_never_send_the_same_mail(
    deliver: Deliver, delivering: Delivering, database: Database, mail_server: MailServer, settings: MailSettings,
    notify: Notify, planning: Planning,
) -> None:  # fmt: skip
    names = ("one", "two", "three", "four")
    for name in names:
        await notify(name)
    await planning.run_once()
    other = replace(delivering, sender=MailChannel(settings))

    for _ in names:
        await other.run_once()
        await delivering.run_once()

    assert mail_server.subjects() == sorted(f'[eventline] Job "{name}" has been aborted' for name in names)


async def test_what_a_crashed_notifier_had_taken_is_delivered_after_its_lease(
    deliver: Deliver,
    planning: Planning,
    database: Database,
    mail_server: MailServer,
    notify: Notify,
    clock: SettableClock,
) -> None:
    await notify()
    await planning.run_once()
    async with database.transaction() as tx:
        await store.take_due(tx, Channel.MAIL, now=clock.now(), lease_end=clock.now() + LEASE)

    await deliver()
    assert mail_server.mails() == []
    clock.set(EPOCH + LEASE)
    await deliver()

    assert len(mail_server.mails()) == 1


async def test_what_would_tell_about_something_deleted_is_forgotten(
    deliver: Deliver, planning: Planning, database: Database, mail_server: MailServer, notify: Notify
) -> None:
    await notify()
    await planning.run_once()
    async with database.transaction() as tx:
        await tx.execute("DELETE FROM jobs")

    await deliver()

    assert (mail_server.mails(), await deliveries(database)) == ([], [])


async def test_user_name_and_password_are_used_when_both_are_set(
    planning: Planning, delivering: Delivering, notify: Notify, clock: SettableClock, mail_directory: Path,
    database: Database,
) -> None:  # fmt: skip
    await notify()
    await planning.run_once()
    with running_mail_server(mail_directory, "--login", "bob:secret") as server:
        settings = mail_settings(server.port)
        for username, password in (("", ""), ("bob", ""), ("bob", "wrong"), ("bob", "secret")):
            sender = MailChannel(replace(settings, username=username, password=password))
            await replace(delivering, sender=sender).run_once()
            [row] = await deliveries(database)
            clock.set(row["next_delivery_time"])

        assert [(mail.login, mail.encrypted) for mail in server.mails()] == [("bob", False)]
    assert row["delivery_attempts"] == 4

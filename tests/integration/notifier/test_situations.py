"""Each situation in which people may be told something, with each setting of a project (handbook 7.3)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from eventline_common.db.session import Database, Tx
from eventline_common.executions import (
    Claimed,
    Finish,
    Held,
    OutputChunk,
    abort,
    append_output,
    claim,
    fail_lost,
    finish,
    release,
    restart,
)  # fmt: skip
from eventline_common.ids import ExecutionId, IdentityId, JobId, ProjectId, new_id
from eventline_common.notifications import IdentityRefreshError, insert_identity_refresh_errors, insert_missed_runs
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import EPOCH, create_execution, create_job, create_project

from .conftest import Deliver, notifications
from .mail_server import MailServer

NOW = EPOCH + timedelta(seconds=10)
WEB = "http://localhost:8087"
SWITCHES = (
    "on_successful_job", "on_first_successful_job", "on_failed_job", "on_aborted_job", "on_identity_refresh_error",
    "on_missed_run",
)  # fmt: skip
SETTINGS = {"none": (), "all": SWITCHES, **{switch: (switch,) for switch in SWITCHES}}


async def start(tx: Tx, job_id: JobId) -> Claimed:
    execution = await create_execution(tx, job_id)
    [claimed] = await claim(tx, [execution.id], executor_id="x", runners=["local"], now=NOW, platform_limit=None)
    return claimed


async def end(tx: Tx, job_id: JobId, status: str) -> ExecutionId:
    claimed = await start(tx, job_id)
    message = "cannot execute step 1: program exited with status 7" if status == "failed" else None
    step_status = None if status == "aborted" else status
    done = Finish(claimed.id, claimed.lease, status, message, 0 if step_status is None else 1, step_status, message)
    output = [OutputChunk(claimed.id, claimed.lease, claimed.steps[0], 0, b"some <output>\n")]
    await append_output(tx, output)
    await finish(tx, [done], now=NOW + timedelta(seconds=5), default_retention=None)
    return claimed.id


async def succeed(tx: Tx, job_id: JobId) -> str:
    return f"job_executions/id/{await end(tx, job_id, 'successful')}"


async def fail(tx: Tx, job_id: JobId) -> str:
    return f"job_executions/id/{await end(tx, job_id, 'failed')}"


async def abort_running(tx: Tx, job_id: JobId) -> str:
    claimed = await start(tx, job_id)
    await abort(tx, [claimed.id], now=NOW, default_retention=None)
    await release(tx, "x", [Held(claimed.id, claimed.lease)])
    return f"job_executions/id/{claimed.id}"


async def abort_waiting(tx: Tx, job_id: JobId) -> str:
    execution = await create_execution(tx, job_id)
    await abort(tx, [execution.id], now=NOW, default_retention=None)
    return f"job_executions/id/{execution.id}"


async def time_out(tx: Tx, job_id: JobId) -> str:
    claimed = await start(tx, job_id)
    second = timedelta(seconds=1)
    await fail_lost(
        tx, now=NOW + timedelta(days=1), executor_timeout=second, refresh_timeout=second, default_retention=None
    )
    return f"job_executions/id/{claimed.id}"


async def restart_and_succeed(tx: Tx, job_id: JobId) -> str:
    """A failed execution that is restarted and then succeeds has two ends; its only predecessor is itself."""
    id = await tx.fetchval("SELECT id FROM job_executions WHERE job_id = $1", job_id)
    await restart(tx, [id], now=NOW)
    [claimed] = await claim(tx, [id], executor_id="x", runners=["local"], now=NOW, platform_limit=None)
    done = Finish(claimed.id, claimed.lease, "successful", None, 1, "successful", None)
    await finish(tx, [done], now=NOW, default_retention=None)
    return f"job_executions/id/{id}"


async def identity_error(tx: Tx, job_id: JobId) -> str:
    id = IdentityId(new_id())
    await tx.execute(
        "INSERT INTO identities (id, project_id, name, status, creation_time, update_time, connector, type, data)"
        " SELECT $1, project_id, 'token', 'ready', $3, $3, 'generic', 'oauth2', '' FROM jobs WHERE id = $2",
        id, job_id, NOW,
    )  # fmt: skip
    await insert_identity_refresh_errors(tx, [IdentityRefreshError(id, "invalid <grant>")], now=NOW)
    return f"identities/id/{id}"


async def miss(tx: Tx, job_id: JobId) -> str:
    details = {"tick_time": "2026-01-01T07:00:00Z", "reason": "no executor took it"}
    await insert_missed_runs(tx, [(job_id, details)], now=NOW)
    return f"jobs/id/{job_id}"


SUCCEEDED, FAILED, ABORTED = 'Job "deploy" has succeeded', 'Job "deploy" has failed', 'Job "deploy" has been aborted'
SUCCESS, FIRST = {"all", "on_successful_job"}, {"all", "on_successful_job", "on_first_successful_job"}
FAILURE, ABORTION = {"all", "on_failed_job"}, {"all", "on_aborted_job"}
Act = Callable[[Tx, JobId], Awaitable[str]]


@pytest.mark.parametrize(
    ("before", "act", "subject", "told", "words"),
    [
        (None, succeed, SUCCEEDED, SUCCESS, "Status: successful"),
        (succeed, succeed, SUCCEEDED, SUCCESS, "Duration: 5.0 s"),
        (fail, succeed, SUCCEEDED, FIRST, "Project: "),
        (abort_running, succeed, SUCCEEDED, FIRST, "Job: deploy"),
        (abort_waiting, succeed, SUCCEEDED, FIRST, "Started: 2026-01-01T00:00:10Z"),
        (fail, restart_and_succeed, SUCCEEDED, SUCCESS, "Status: successful"),
        (None, fail, FAILED, FAILURE, "Cannot execute step 1: program exited with status 7."),
        (succeed, fail, FAILED, FAILURE, "some <output>"),
        (None, time_out, FAILED, FAILURE, "Execution timeout."),
        (None, abort_running, ABORTED, ABORTION, "Status: aborted"),
        (None, abort_waiting, ABORTED, ABORTION, "Status: aborted"),
        (None, identity_error, "identity refresh error", {"all", "on_identity_refresh_error"}, "Invalid <grant>."),
        (None, miss, 'Job "deploy" did not run', {"all", "on_missed_run"}, "should have run at 2026-01-01T07:00:00Z"),
    ],
)
async def test_those_who_want_to_know_are_told_and_nobody_else(
    database: Database,
    deliver: Deliver,
    mail_server: MailServer,
    clock: SettableClock,
    before: Act | None,
    act: Act,
    subject: str,
    told: set[str],
    words: str,
) -> None:
    links: dict[str, str] = {}
    for setting, switches in SETTINGS.items():
        async with database.transaction() as tx:
            project_id = await create_project(tx, setting)
            job_id = await create_job(tx, project_id, name="deploy")
            if before is not None:
                await before(tx, job_id)
            await want(tx, project_id, setting, switches)
            links[setting] = await act(tx, job_id)

    clock.advance(timedelta(days=2).total_seconds())
    await deliver()

    mails = {mail.recipients[0].partition("@")[0]: mail for mail in mail_server.mails()}
    assert set(mails) == told
    assert len(mail_server.mails()) == len(await notifications(database)) == len(told)
    for setting, mail in mails.items():
        assert mail.subject == f"[eventline] {subject}"
        assert f"{WEB}/{links[setting]}" in mail.part("plain").splitlines()
        assert f'<a href="{WEB}/{links[setting]}">' in mail.part("html")
        assert words in " ".join(mail.part("plain").split())


async def want(tx: Tx, project_id: ProjectId, setting: str, switches: tuple[str, ...]) -> None:
    """Let a project want what some switches say, and nothing else."""
    await tx.execute(
        "UPDATE project_notification_settings SET email_addresses = $2, on_successful_job = $3,"
        " on_first_successful_job = $4, on_failed_job = $5, on_aborted_job = $6, on_identity_refresh_error = $7,"
        " on_missed_run = $8 WHERE id = $1",
        project_id, [f"{setting}@example.com"], *(switch in switches for switch in SWITCHES),
    )  # fmt: skip


async def test_without_anybody_to_tell_nothing_waits(database: Database) -> None:
    async with database.transaction() as tx:
        job_id = await create_job(tx, await create_project(tx))
        for act in (fail, abort_waiting, identity_error, miss):
            await act(tx, job_id)

    assert await notifications(database) == []


async def test_an_end_is_told_once_and_the_end_of_a_restart_again(
    database: Database, deliver: Deliver, mail_server: MailServer, clock: SettableClock
) -> None:
    clock.advance(60)
    async with database.transaction() as tx:
        project_id = await create_project(tx)
        job_id = await create_job(tx, project_id, name="deploy")
        await want(tx, project_id, "all", SWITCHES)
        await fail(tx, job_id)
        await deliver_end_again(tx)
    await deliver()
    async with database.transaction() as tx:
        await restart_and_succeed(tx, job_id)
    await deliver()

    assert mail_server.subjects() == [f"[eventline] {FAILED}", f"[eventline] {SUCCEEDED}"]


async def deliver_end_again(tx: Tx) -> None:
    """Report the end of every execution a second time, as an executor does whose answer was lost."""
    for row in await tx.fetch("SELECT id, lease FROM job_executions"):
        again = Finish(row["id"], row["lease"], "failed", "broken", 1, "failed", "broken")
        await finish(tx, [again], now=NOW, default_retention=None)

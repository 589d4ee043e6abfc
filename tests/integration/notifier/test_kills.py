"""The notifier as a process that is killed at random moments while it has five hundred notifications to deliver."""

import asyncio
import base64
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from eventline_common.db.session import Database
from eventline_common.executions import NewExecution, abort, instantiate
from eventline_common.ids import ProjectId
from eventline_common.settings import Settings
from eventline_common.testing.factories import EPOCH, create_job

from .conftest import notifications
from .mail_server import MailServer

COUNT = 500
KILLS = 5
_PROGRAM = """
import sys
from datetime import timedelta
from eventline_notifier import delivery
from eventline_notifier.__main__ import main
# A killed notifier's mail in flight is free again after a second instead of a minute.
delivery.LEASE = timedelta(seconds=1)
sys.exit(main())
"""


@pytest.fixture
def configuration(settings_for_test: Settings, tmp_path: Path, mail_server: MailServer) -> Path:
    """The configuration file of the notifier: every notification is a mail of its own."""
    nats = settings_for_test.nats
    document = {
        "pg": {"uri": settings_for_test.pg.uri},
        "nats": {"uri": nats.uri, "subject_prefix": nats.subject_prefix},
        "encryption_key": base64.b64encode(settings_for_test.encryption_key).decode(),
        "monitoring": {"notifier": ""},
        "notifications": {
            "messages_per_minute": 0,
            "smtp_server": {"address": f"127.0.0.1:{mail_server.port}"},
        },
    }
    path = tmp_path / "notifier.yaml"
    path.write_text(json.dumps(document))
    return path


@contextmanager
def running_notifier(configuration: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-c", _PROGRAM, "-c", str(configuration), "--quiet"]
    process = subprocess.Popen(command)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def reach(mail_server: MailServer, count: int, process: "subprocess.Popen[bytes]") -> None:
    """Wait until so many mails have arrived."""
    deadline = time.monotonic() + 100
    while len(list(mail_server.directory.glob("*.mail"))) < count:
        assert process.poll() is None, "the notifier ended"
        assert time.monotonic() < deadline, "the mails do not arrive"
        await asyncio.sleep(0.002)


async def add_notifications(database: Database, project_id: ProjectId) -> set[str]:
    async with database.transaction() as tx:
        job_id = await create_job(tx, project_id, name="deploy", concurrent=True)
        revision_id = await tx.fetchval("SELECT id FROM job_revisions")
        new = [NewExecution(project_id, job_id, revision_id, EPOCH, True, "local", 1) for _ in range(COUNT)]
        ids = [execution.id for execution in await instantiate(tx, new, now=EPOCH)]
        await abort(tx, ids, now=EPOCH, default_retention=None)
    return set(ids)


@pytest.mark.timeout(300)
async def test_every_mail_arrives_and_only_those_in_flight_at_a_kill_arrive_twice(
    database: Database, project_id: ProjectId, configuration: Path, mail_server: MailServer
) -> None:
    ids = await add_notifications(database, project_id)
    chance = random.Random()
    marks = sorted(chance.sample(range(1, COUNT - 10), KILLS))

    for mark in marks:
        with running_notifier(configuration) as process:
            await reach(mail_server, mark, process)
            await asyncio.sleep(chance.random() * 0.02)
            process.send_signal(signal.SIGKILL)
    with running_notifier(configuration) as process:
        while {row["status"] for row in await notifications(database)} != {"delivered"}:
            assert process.poll() is None
            await asyncio.sleep(0.1)

    arrived = Counter(str(mail.message["Message-ID"]) for mail in mail_server.mails())
    told = {line.rpartition("/")[2] for mail in mail_server.mails() for line in mail.part("plain").splitlines()}
    assert ids <= told
    assert len(arrived) == COUNT
    assert sum(arrived.values()) <= COUNT + KILLS

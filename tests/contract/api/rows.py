"""The database of the API under test, for what no route can bring about: events, ended executions, states."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson

from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.session import Database, Tx
from eventline_common.executions import Claimed, Finish, OutputChunk, append_output, claim, finish
from eventline_common.ids import ExecutionId, JobId, ProjectId
from eventline_common.settings import Settings
from eventline_common.testing.factories import create_event, create_execution

Result = TypeVar("Result")

OUTPUT = b"first line\nsecond line\n"


def now() -> datetime:
    """Return the time of day, as the API sees it."""
    return datetime.now(UTC)


class Rows:
    """Statements on the database of a running API, for tests that do not run on an event loop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._runner = asyncio.Runner()
        self._cipher = IdentityCipher(settings.encryption_key, ())
        self._database = self._runner.run(Database.connect(settings.pg, application_name="tests"))

    def close(self) -> None:
        """Close the connections."""
        self._runner.run(self._database.close())
        self._runner.close()

    def execute(self, statement: str, *arguments: object) -> None:
        """Run a statement."""
        self._in_transaction(lambda tx: tx.execute(statement, *arguments))

    def fetch(self, statement: str, *arguments: object) -> list[Any]:
        """Return rows."""
        return self._in_transaction(lambda tx: tx.fetch(statement, *arguments))

    def event(self, project_id: str, job_id: str, data: dict[str, object] | None = None) -> str:
        """Create an event that waits to be processed."""
        return self._in_transaction(
            lambda tx: create_event(tx, ProjectId(project_id), JobId(job_id), data, event_time=now())
        )

    def executions(self, job_id: str, count: int, *, scheduled_time: datetime | None = None) -> list[str]:
        """Instantiate a job several times."""

        async def create(tx: Tx) -> list[str]:
            moment = scheduled_time or now()
            created = [
                await create_execution(tx, JobId(job_id), scheduled_time=moment, now=moment) for _ in range(count)
            ]
            return [execution.id for execution in created]

        return self._in_transaction(create)

    def start(self, execution_id: str) -> Claimed:
        """Let an executor start an execution."""

        async def start(tx: Tx) -> Claimed:
            [claimed] = await claim(tx, [ExecutionId(execution_id)], executor_id="tests", runners=["local"], now=now())
            return claimed

        return self._in_transaction(start)

    def finish(self, execution_id: str, *, status: str = "successful", message: str | None = None) -> list[str]:
        """Let an executor run an execution of one step that prints something; return its steps."""
        claimed = self.start(execution_id)

        async def run(tx: Tx) -> list[str]:
            await append_output(tx, [OutputChunk(claimed.id, claimed.lease, claimed.steps[0], 0, OUTPUT)])
            done = Finish(claimed.id, claimed.lease, status, message, 1, status, message)
            await finish(tx, [done], now=now(), default_retention=30)
            return list(claimed.steps)

        return self._in_transaction(run)

    def save_identity_data(self, id: str, data: Mapping[str, object]) -> None:
        """Replace the data of an identity, as an authorization does, and its status."""
        encrypted = self._cipher.encrypt(orjson.dumps(data), context=id)
        self.execute(
            "UPDATE identities SET data = $2, status = 'ready', refresh_time = now() WHERE id = $1", id, encrypted
        )

    def _in_transaction(self, work: Callable[[Tx], Awaitable[Result]]) -> Result:
        async def run() -> Result:
            async with self._database.transaction() as tx:
                return await work(tx)

        return self._runner.run(run())

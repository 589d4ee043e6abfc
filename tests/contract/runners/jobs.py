"""Jobs of the contract tests: a project with identities, its executions, and what is stored about them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from eventline_common.bus import Bus
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.session import Database, Row, Tx
from eventline_common.ids import ExecutionId, ProjectId, new_id
from eventline_common.testing.factories import EPOCH, create_event, create_execution, create_job, create_project
from tests.contract.runners.job_places import Place
from tests.integration.executor.test_service import read, running_executor, wait_for

Steps = Sequence[Mapping[str, Any]]


@dataclass
class Jobs:
    """A project whose jobs run at a place."""

    place: Place
    database: Database
    bus: Bus
    project_id: ProjectId = field(default=ProjectId(""))

    async def run(self, steps: Steps, status: str, **members: Any) -> Row:
        """Execute a job, and wait until its execution has a status."""
        id = await self.start(steps, **members)
        return await wait_for(self.database, id, status)

    async def start(
        self,
        steps: Steps,
        *,
        event: Mapping[str, object] | None = None,
        given: Mapping[str, object] | None = None,
        **members: Any,
    ) -> ExecutionId:
        """Execute a job whose specification has these members."""
        runner: dict[str, Any] = {"name": self.place.name, "parameters": self.place.parameters}
        if self.place.identity is not None:
            runner["identity"] = "runner-identity"
        labelled = [{"label": f"Step {position}", **step} for position, step in enumerate(steps, 1)]
        async with self.database.transaction() as tx:
            job_id = await create_job(
                tx,
                self.project_id,
                {"runner": runner, "name": f"j{new_id().lower()}", **members},
                steps=labelled,
                runner=self.place.name,
            )
            event_id = await create_event(tx, self.project_id, job_id, event) if event else None
            id = (await create_execution(tx, job_id, event_id=event_id, parameters=given)).id
        await self._hint(id)
        return id

    async def output(self, id: str) -> str:
        async with self.database.connection() as tx:
            rows = await tx.fetch(
                "SELECT o.data FROM step_output o JOIN step_executions s ON s.id = o.step_execution_id"
                " WHERE s.job_execution_id = $1 ORDER BY s.position, o.position",
                id,
            )
        return b"".join(row["data"] for row in rows).decode()

    async def steps(self, id: str) -> list[tuple[str, str | None]]:
        async with self.database.connection() as tx:
            rows = await tx.fetch(
                "SELECT status, failure_message FROM step_executions WHERE job_execution_id = $1 ORDER BY position", id
            )
        return [(row["status"], row["failure_message"]) for row in rows]

    async def create_identity(self, tx: Tx, name: str, type: str, data: Mapping[str, Any]) -> None:
        id, (connector, _, kind) = new_id(), type.partition("/")
        stored = IdentityCipher(self.place.settings.encryption_key).encrypt(orjson.dumps(data), context=id)
        await tx.execute(
            "INSERT INTO identities (id, project_id, name, status, creation_time, update_time, connector, type, data)"
            " VALUES ($1, $2, $3, 'ready', $4, $4, $5, $6, $7)",
            id, self.project_id, name, EPOCH, connector, kind, stored,
        )  # fmt: skip

    async def _hint(self, id: ExecutionId) -> None:
        async with asyncio.timeout(30):
            while (await read(self.database, id))["status"] == "created":
                await self.bus.publish(self.bus.subjects.execution_run(self.place.name), id.encode())
                await asyncio.sleep(0.1)


@asynccontextmanager
async def running_jobs(place: Place, database: Database, bus: Bus) -> AsyncIterator[Jobs]:
    """A project with the identities `my-key` and, if the runner needs one, its own; an executor serves the runner."""
    found = Jobs(place, database, bus)
    async with database.transaction() as tx:
        found.project_id = await create_project(tx)
        await found.create_identity(tx, "my-key", "eventline/api_key", {"key": "k1"})
        if place.identity is not None:
            kind = f"{place.identity.connector}/{place.identity.type}"
            await found.create_identity(tx, "runner-identity", kind, place.identity.data)
    async with running_executor(place.settings):
        yield found

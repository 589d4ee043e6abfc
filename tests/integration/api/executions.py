"""Drives the ledger as executors do, for tests of what the API shows of it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import httpx
import pytest
import pytest_asyncio

from eventline_api.platform import ApiPlatform
from eventline_common.bus import Bus
from eventline_common.executions import Claimed, Finish, OutputChunk, StepAdvance, advance_steps, append_output, claim
from eventline_common.executions import finish as finish_in_ledger
from eventline_common.ids import EventId, ExecutionId, JobId, ProjectId
from eventline_common.testing.factories import create_execution, create_job

from .conftest import Someone

EXECUTOR = "executor"
TWO_STEPS = ({"label": "Build", "code": "make"}, {"label": "Test", "code": "make test"})


class Engine:
    """An executor without programs: it claims, prints and ends on command, and says on the bus what executors say."""

    def __init__(self, platform: ApiPlatform, project_id: ProjectId) -> None:
        self.platform = platform
        self.project_id = project_id

    async def job(
        self,
        name: str = "hello",
        spec: Mapping[str, object] | None = None,
        *,
        steps: Sequence[Mapping[str, object]] = TWO_STEPS,
        concurrent: bool = True,
        project_id: ProjectId | None = None,
    ) -> JobId:
        """Create a job."""
        async with self.platform.database.transaction() as tx:
            return await create_job(
                tx, project_id or self.project_id, spec, name=name, steps=steps, concurrent=concurrent
            )

    async def execution(
        self,
        job_id: JobId,
        *,
        scheduled_time: datetime | None = None,
        parameters: Mapping[str, object] | None = None,
        event_id: EventId | None = None,
    ) -> ExecutionId:
        """Instantiate a job."""
        now = self.platform.clock.now()
        async with self.platform.database.transaction() as tx:
            created = await create_execution(
                tx,
                job_id,
                scheduled_time=scheduled_time or now,
                parameters=parameters,
                event_id=event_id,
                now=now,
            )
        return created.id

    async def start(self, id: ExecutionId) -> Claimed:
        """Claim an execution: its first step starts."""
        async with self.platform.database.transaction() as tx:
            [claimed] = await claim(tx, [id], executor_id=EXECUTOR, runners=["local"], now=self.platform.clock.now())
        await self._announce(id, "started")
        return claimed

    async def print(self, claimed: Claimed, position: int, offset: int, data: bytes, *, heard: bool = True) -> None:
        """Store output of a step and, unless NATS loses it, say so."""
        step_id = claimed.steps[position - 1]
        async with self.platform.database.transaction() as tx:
            await append_output(tx, [OutputChunk(claimed.id, claimed.lease, step_id, offset, data)])
        if heard:
            bus = self.platform.bus
            await bus.publish(bus.subjects.output(step_id), b"%d\n%b" % (offset, data))

    async def advance(self, claimed: Claimed, position: int, failure_message: str | None = None) -> None:
        """End a step and start the next one."""
        async with self.platform.database.transaction() as tx:
            advance = StepAdvance(claimed.id, claimed.lease, position, failure_message)
            await advance_steps(tx, [advance], now=self.platform.clock.now())

    async def finish(
        self, claimed: Claimed, status: str = "successful", message: str | None = None, *, position: int | None = None
    ) -> None:
        """End an execution with its last step, or with the one at `position`."""
        step = None if status == "aborted" else status
        step_message = message if status == "failed" else None
        last = len(claimed.steps) if position is None else position
        done = Finish(claimed.id, claimed.lease, status, message, last if step else 0, step, step_message)
        async with self.platform.database.transaction() as tx:
            await finish_in_ledger(tx, [done], now=self.platform.clock.now(), default_retention=None)
        await self._announce(claimed.id, status)

    async def run(
        self, job_id: JobId, status: str = "successful", message: str | None = None, *, seconds: float = 1.0
    ) -> ExecutionId:
        """Execute a job from the beginning to the end; the clock moves on."""
        id = await self.execution(job_id)
        claimed = await self.start(id)
        for position in range(1, len(claimed.steps)):
            await self.advance(claimed, position)
        self.platform.clock.advance(seconds)  # type: ignore[attr-defined]
        await self.finish(claimed, status, message)
        return id

    async def _announce(self, id: ExecutionId, status: str) -> None:
        bus = self.platform.bus
        await bus.publish(bus.subjects.execution_status(self.project_id, status), id.encode())


@pytest_asyncio.fixture
async def engine(platform: ApiPlatform, main_project: ProjectId) -> Engine:
    """An engine on the project `main`."""
    return Engine(platform, main_project)


@pytest.fixture
def api(client_of: Callable[..., httpx.AsyncClient], bob: Someone, main_project: ProjectId) -> httpx.AsyncClient:
    """A client with the key of bob, on the project `main`."""
    return client_of(bob.key, main_project)


async def heard(bus: Bus, subject: str) -> list[tuple[str, bytes]]:
    """Return a list into which everything goes that is said below a subject."""
    messages: list[tuple[str, bytes]] = []

    async def on_message(name: str, payload: bytes) -> None:
        messages.append((name.removeprefix(f"{bus.subjects.prefix}."), payload))

    await bus.subscribe(f"{bus.subjects.prefix}.{subject}", on_message)
    await bus.flush()
    return messages


async def said(bus: Bus, messages: list[tuple[str, bytes]], count: int) -> list[tuple[str, bytes]]:
    """Return what was said, once there are `count` messages."""
    async with asyncio.timeout(5):
        while len(messages) < count:
            await bus.flush()
            await asyncio.sleep(0)
    return messages

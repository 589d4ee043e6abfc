"""What the tests of the scheduler share."""

from collections.abc import Awaitable, Callable

import pytest
import pytest_asyncio

from eventline_common.bus import EXECUTIONS, Bus
from eventline_common.db.session import Database
from eventline_common.ids import JobId, ProjectId
from eventline_common.metrics import Metrics
from eventline_common.testing.factories import create_job, create_project
from eventline_scheduler.counters import Counters

ReadHints = Callable[[], Awaitable[list[str]]]
TriggeredJob = Callable[..., Awaitable[JobId]]


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("scheduler")


@pytest.fixture
def counters(metrics: Metrics) -> Counters:
    return Counters(metrics)


@pytest_asyncio.fixture
async def project_id(database: Database) -> ProjectId:
    async with database.transaction() as tx:
        return await create_project(tx)


@pytest_asyncio.fixture
async def read_hints(bus: Bus) -> ReadHints:
    """Read the ids of the executions that were hinted to the local runner since the last call."""
    consumer = bus.consumer(EXECUTIONS, durable="reader", filter_subject=bus.subjects.execution_run("local"))
    await consumer.fetch(1, wait=0.01)

    async def read() -> list[str]:
        await bus.flush()
        return [hint.payload.decode() for hint in await consumer.fetch(1000, wait=0.2)]

    return read


@pytest.fixture
def triggered_job(database: Database, project_id: ProjectId) -> TriggeredJob:
    """Create a job with a trigger of the time connector; keyword arguments are members of the trigger."""

    async def create(name: str = "hello", *, concurrent: bool = False, **trigger: object) -> JobId:
        spec = {"trigger": {"event": "time/tick", "parameters": {"periodic": 30}, **trigger}}
        async with database.transaction() as tx:
            return await create_job(tx, project_id, spec, name=name, concurrent=concurrent)

    return create

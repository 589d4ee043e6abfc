"""What the tests of the connectors share."""

from collections.abc import Awaitable, Callable, Mapping

import pytest
import pytest_asyncio

from eventline_common.db.session import Database
from eventline_common.ids import JobId, ProjectId, SubscriptionId, new_id
from eventline_common.metrics import Metrics
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import create_job, create_project
from eventline_connectors.counters import Counters

Subscribe = Callable[..., Awaitable[SubscriptionId]]


@pytest.fixture
def counters() -> Counters:
    return Counters(Metrics("test"))


@pytest_asyncio.fixture
async def project_id(database: Database) -> ProjectId:
    async with database.transaction() as tx:
        return await create_project(tx)


@pytest.fixture
def subscribe(database: Database, project_id: ProjectId, clock: SettableClock) -> Subscribe:
    """Create a job and its inactive subscription, as a deployment does."""

    async def create(
        name: str,
        parameters: Mapping[str, object],
        *,
        connector: str = "time",
        event: str = "tick",
        status: str = "inactive",
    ) -> SubscriptionId:
        id = SubscriptionId(new_id(clock.now()))
        async with database.transaction() as tx:
            job_id: JobId = await create_job(tx, project_id, name=name)
            await tx.execute(
                "INSERT INTO subscriptions"
                " (id, project_id, job_id, connector, event, parameters, creation_time, status)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                id, project_id, job_id, connector, event, parameters, clock.now(), status,
            )  # fmt: skip
        return id

    return create

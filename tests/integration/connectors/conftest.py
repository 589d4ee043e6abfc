"""What the tests of the connectors share."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import pytest
import pytest_asyncio

from eventline_common.db.session import Database
from eventline_common.http.outgoing import OutgoingClient
from eventline_common.ids import JobId, ProjectId, SubscriptionId, new_id
from eventline_common.metrics import Metrics
from eventline_common.runtime.loop import Wake
from eventline_common.settings import Settings
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import create_job, create_project
from eventline_connectors.counters import Counters
from eventline_connectors.deliveries.intake import Intake
from tests.integration.connectors.fake_github import fake_github
from tests.integration.connectors.github_hooks import Connectors

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


@pytest_asyncio.fixture
async def connectors_with_github(
    database: Database,
    clock: SettableClock,
    settings_for_test: Settings,
    project_id: ProjectId,
    counters: Counters,
    subscribe: Subscribe,
) -> AsyncIterator[Connectors]:
    """The connectors beside a GitHub of their own, without any subscription."""
    client = OutgoingClient(deadline=5)
    async with fake_github() as github:
        intake = Intake(database, Wake())
        yield Connectors(github, database, clock, settings_for_test, project_id, client, intake, counters, subscribe)
        await client.close()

"""What the tests of the watchdog share."""

from collections.abc import Iterator

import pytest
import pytest_asyncio

from eventline_common.bus import Bus
from eventline_common.db.session import Database
from eventline_common.ids import ProjectId
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import create_project

from .world import SERVICES, World


@pytest_asyncio.fixture
async def project_id(database: Database) -> ProjectId:
    """A project that has somebody to tell."""
    async with database.transaction() as tx:
        id = await create_project(tx)
        await tx.execute("UPDATE project_notification_settings SET email_addresses = '{bob@example.com}'")
    return id


@pytest.fixture
def world(database: Database, bus: Bus, clock: SettableClock) -> Iterator[World]:
    """A platform with everything up."""
    world = World(database, bus, clock)
    world.start(*SERVICES)
    yield world
    world.stop(*SERVICES)

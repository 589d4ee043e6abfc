"""What the tests of the ledger share."""

import pytest_asyncio

from eventline_common.db.session import Database
from eventline_common.ids import ProjectId
from eventline_common.testing.factories import create_project


@pytest_asyncio.fixture
async def project_id(database: Database) -> ProjectId:
    async with database.transaction() as tx:
        return await create_project(tx)

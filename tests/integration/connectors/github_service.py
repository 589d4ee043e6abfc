"""The connectors as a running service, with GitHub switched on, and what tests ask it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import httpx

from eventline_common.db.session import Database, Row
from eventline_common.embedded.ports import free_port
from eventline_common.runtime.stopping import stop_tasks
from eventline_common.settings import ConnectorsSettings, GithubConnectorSettings, Settings
from eventline_common.testing.streams import delete_streams
from eventline_common.testing.webhooks import SignedDelivery
from eventline_connectors.app import build

SECRET = "a secret of GitHub"
_PATIENCE = 30


@dataclass(frozen=True)
class ConnectorsService:
    """A running service and its database."""

    client: httpx.AsyncClient
    database: Database

    async def deliver(self, delivery: SignedDelivery) -> httpx.Response:
        """Post a delivery."""
        return await self.client.post(delivery.path, content=delivery.body, headers=dict(delivery.headers))

    async def settled(self) -> None:
        """Wait until every stored delivery is processed."""
        async with asyncio.timeout(_PATIENCE), self.database.connection() as tx:
            while await tx.fetchval("SELECT count(*) FROM webhook_deliveries WHERE NOT processed"):
                await asyncio.sleep(0.01)

    async def events(self) -> list[Row]:
        """Return every event, once all deliveries are processed."""
        await self.settled()
        async with self.database.connection() as tx:
            return list(await tx.fetch("SELECT * FROM events ORDER BY creation_time, id"))

    async def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        async with self.database.connection() as tx:
            return int(await tx.fetchval(f"SELECT count(*) FROM {table}"))


def with_github(settings: Settings, *, enabled: bool = True, api_uri: str = "http://127.0.0.1:1") -> Settings:
    """Return settings with the connector of GitHub switched on, and a free port for the server."""
    address = f"127.0.0.1:{free_port()}"
    return replace(
        settings,
        connectors=ConnectorsSettings(GithubConnectorSettings(enabled, SECRET if enabled else "")),
        connectors_http_server=replace(settings.connectors_http_server, address=address),
    )


@asynccontextmanager
async def running_connectors(settings: Settings, database: Database) -> AsyncIterator[ConnectorsService]:
    """Run the service as its composition root builds it."""
    async with AsyncExitStack() as stack:
        service = await build(settings, stack)
        tasks = [asyncio.ensure_future(run()) for run in service.tasks]
        address = f"http://{settings.connectors_http_server.address}"
        async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=_PATIENCE) as client:
            yield ConnectorsService(client, database)
        await stop_tasks(tasks)
    await delete_streams(settings.nats)

"""The connectors as their composition root builds them, with their own clock and loops."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import pytest_asyncio

from eventline_common.bus import Bus
from eventline_common.db.session import Database
from eventline_common.embedded.ports import free_port
from eventline_common.ids import SubscriptionId
from eventline_common.runtime.stopping import stop_tasks
from eventline_common.settings import Settings
from eventline_connectors.app import build

Subscribe = Callable[..., Awaitable[SubscriptionId]]


@pytest_asyncio.fixture
async def address(settings_for_test: Settings) -> AsyncIterator[str]:
    """Run the service and return the address of its HTTP server."""
    address = f"127.0.0.1:{free_port()}"
    settings = replace(
        settings_for_test, connectors_http_server=replace(settings_for_test.connectors_http_server, address=address)
    )
    async with AsyncExitStack() as stack:
        service = await build(settings, stack)
        tasks = [asyncio.ensure_future(run()) for run in service.tasks]
        yield address
        await stop_tasks(tasks)


async def test_a_new_periodic_subscription_ticks_at_once(
    address: str, database: Database, bus: Bus, subscribe: Subscribe
) -> None:
    ticked = asyncio.Event()

    async def hear(_subject: str, _payload: bytes) -> None:
        ticked.set()

    await bus.subscribe(bus.subjects.event("time", "tick"), hear)
    await bus.flush()
    await subscribe("hello", {"periodic": 30})

    async with asyncio.timeout(10):
        await ticked.wait()

    async with database.connection() as tx:
        rows = await tx.fetch("SELECT creation_time >= event_time AS on_time, connector, name FROM events")
    assert [tuple(row) for row in rows] == [(True, "time", "tick")]


async def test_the_status_is_204(address: str) -> None:
    async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as client:
        answer = await client.head("/status")

    assert (answer.status_code, answer.content) == (204, b"")

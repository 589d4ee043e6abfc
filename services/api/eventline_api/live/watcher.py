"""Watches the executions of a project: who is told a status reads the rows once, in bunches."""

import asyncio
from collections.abc import AsyncIterator

from eventline_api.live.hub import Hub
from eventline_api.live.messages import KEEP_ALIVE, message
from eventline_api.live.store import list_statuses
from eventline_common.bus import Subjects
from eventline_common.db.session import Database
from eventline_common.ids import ExecutionId, ProjectId

KEEP_ALIVE_PERIOD = 15.0
_BUNCH_PERIOD = 0.05
_LOOK_PERIOD = 1.0
_LARGEST_BUNCH = 1000


class Watcher:
    """Yields a `job_execution` message for each change that the bus tells of.

    `ready` comes first: what changes from then on is told. `reload` says that changes may have been missed: read the
    lists again.
    """

    def __init__(self, database: Database, hub: Hub, subjects: Subjects, project_id: ProjectId) -> None:
        self._database = database
        self._hub = hub
        self._subjects = subjects
        self._project_id = project_id
        self._waiting: dict[bytes, None] = {}
        self._missed = False
        self._rang = asyncio.Event()

    async def messages(self) -> AsyncIterator[bytes]:
        """Yield messages until the client has gone or the process stops."""
        loop = asyncio.get_running_loop()
        statuses = self._subjects.execution_statuses(self._project_id)
        async with self._hub.listen(statuses, listener=self._put):
            yield message("ready", {"project_id": self._project_id})
            spoke = loop.time()
            while not self._hub.closing:
                for each in await self._news():
                    yield each
                    spoke = loop.time()
                if loop.time() - spoke >= KEEP_ALIVE_PERIOD:
                    yield KEEP_ALIVE
                    spoke = loop.time()
                await self._wait()

    def _put(self, _: str, payload: bytes) -> None:
        if len(self._waiting) >= _LARGEST_BUNCH:
            self._waiting.clear()
            self._missed = True
        self._waiting[payload] = None
        self._rang.set()

    async def _news(self) -> list[bytes]:
        news: list[bytes] = []
        if self._missed and self._hub.connected:
            self._missed = False
            news.append(message("reload", {"project_id": self._project_id}))
        waiting, self._waiting = self._waiting, {}
        if waiting:
            ids = [ExecutionId(payload.decode("ascii", errors="replace")) for payload in waiting]
            async with self._database.connection() as tx:
                found = await list_statuses(tx, self._project_id, ids)
            news += [
                message("job_execution", {"id": each.id, "job_id": each.job_id, "status": each.status})
                for each in found
            ]
        return news

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_PERIOD):
                await self._rang.wait()
            await asyncio.sleep(_BUNCH_PERIOD)
        except TimeoutError:
            pass
        self._rang.clear()
        if not self._hub.connected:
            self._missed = True

"""Listens to hints and looks at once whether what they say is committed: a message is only ever a hint about a row."""

import asyncio
import threading
from contextlib import suppress

import asyncpg
import nats
import nats.errors
from nats.aio.msg import Msg

_KNOWN = "SELECT EXISTS (SELECT FROM chaos_transitions WHERE id = $1 AND ($2 = 'run' OR status = $2))"
_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, nats.errors.Error)


class HintWatch(threading.Thread):
    """Runs until it is stopped; the hints that came before their rows are in `early`."""

    def __init__(self, *, nats_uri: str, database: str) -> None:
        super().__init__(name="hints")
        self._nats_uri = nats_uri
        self._database = database
        self._ending = threading.Event()
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self.seen = 0
        self.early: list[str] = []

    def run(self) -> None:
        """Watch, whatever breaks."""
        asyncio.run(self._watch())

    def end(self) -> None:
        """Stop watching."""
        self._ending.set()
        self.join()

    async def _watch(self) -> None:
        async def ignore(_error: Exception) -> None:
            return

        client = await nats.connect(
            self._nats_uri, max_reconnect_attempts=-1, reconnect_time_wait=0.1, error_cb=ignore, ping_interval=2
        )
        await client.subscribe("*.execution.>", cb=self._look)
        while not self._ending.is_set():
            await asyncio.sleep(0.1)
        await client.close()
        if self._connection is not None:
            self._connection.terminate()

    async def _look(self, message: Msg) -> None:
        words = message.subject.split(".")
        if words[2] not in {"run", "status"}:
            return
        kind = "run" if words[2] == "run" else words[-1]
        id = message.data.decode()
        try:
            known = await self._is_committed(id, kind)
        except _AWAY:
            if self._connection is not None:
                self._connection.terminate()
            self._connection = None
            return  # the database is away, so nothing can be told
        self.seen += 1
        if not known:
            self.early.append(f"a hint said {kind} of execution {id} before that was committed")

    async def _is_committed(self, id: str, kind: str) -> bool:
        if self._connection is None:
            with suppress(ValueError):
                self._connection = await asyncpg.connect(self._database, timeout=2, command_timeout=5)
        assert self._connection is not None
        return bool(await self._connection.fetchval(_KNOWN, id, kind))

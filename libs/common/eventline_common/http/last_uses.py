"""Write-behind of when API keys and web sessions were last used: one statement per kind every few seconds."""

from datetime import datetime

from eventline_common.db.session import Database
from eventline_common.http import caller_store
from eventline_common.runtime.loop import run_loop

_PAUSE = 5.0


class LastUses:
    """Remembers the last use of each credential until the next flush; a crash loses some seconds of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keys: dict[str, datetime] = {}
        self._sessions: dict[str, datetime] = {}

    def record_key(self, id: str, now: datetime) -> None:
        """Note that an API key was used."""
        self._keys[id] = now

    def record_session(self, id: str, now: datetime) -> None:
        """Note that a web session was used."""
        self._sessions[id] = now

    async def flush(self) -> bool:
        """Write what was noted; say whether there was anything."""
        keys, self._keys = self._keys, {}
        sessions, self._sessions = self._sessions, {}
        if not keys and not sessions:
            return False
        async with self._database.transaction() as tx:
            await caller_store.save_key_uses(tx, keys)
            await caller_store.save_session_uses(tx, sessions)
        return True

    async def run(self) -> None:
        """Flush for ever."""

        async def run_once() -> bool:
            await self.flush()
            return False

        await run_loop("last uses", run_once, pause=_PAUSE)

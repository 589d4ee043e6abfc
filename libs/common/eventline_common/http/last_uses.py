"""Write-behind of when API keys and web sessions were last used: one statement per kind every few seconds."""

from collections.abc import Mapping
from datetime import datetime

from eventline_common.db.session import Database, Tx
from eventline_common.runtime.loop import run_loop

_PAUSE = 5.0

_SAVE_KEYS = """
UPDATE api_keys k SET last_use_time = u.time
FROM unnest($1::text[], $2::timestamptz[]) AS u (id, time)
WHERE k.id = u.id AND (k.last_use_time IS NULL OR k.last_use_time < u.time)
"""

_SAVE_SESSIONS = """
UPDATE web_sessions s SET last_use_time = u.time
FROM unnest($1::text[], $2::timestamptz[]) AS u (id, time)
WHERE s.id = u.id AND s.last_use_time < u.time
"""


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
            await _save(tx, _SAVE_KEYS, keys)
            await _save(tx, _SAVE_SESSIONS, sessions)
        return True

    async def run(self) -> None:
        """Flush for ever."""

        async def run_once() -> bool:
            await self.flush()
            return False

        await run_loop("last uses", run_once, pause=_PAUSE)


async def _save(tx: Tx, statement: str, times: Mapping[str, datetime]) -> None:
    if times:
        ids = sorted(times)
        await tx.execute(statement, ids, [times[id] for id in ids])

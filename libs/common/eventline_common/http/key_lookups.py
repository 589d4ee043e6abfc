"""Looks up API keys for requests that come together: one statement for all that arrived while the last one ran.

An answer is never older than its request: what is looked up was asked for before the statement began (G-54).
"""

from collections.abc import Sequence

from eventline_common.clock import Clock
from eventline_common.db.session import Database
from eventline_common.http import caller_store
from eventline_common.http.caller import Found, Wanted
from eventline_common.runtime.batch import Batch

_LARGEST_BATCH = 200


class KeyLookups:
    """Finds accounts and projects by API key; one per process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._batch: Batch[Wanted, Found | None] = Batch(self._find_all, limit=_LARGEST_BATCH, name="key lookups")

    async def find(self, wanted: Wanted) -> Found | None:
        """Return what is known now about a key that exists and has not expired."""
        return await self._batch.add(wanted)

    async def _find_all(self, wanted: Sequence[Wanted]) -> Sequence[Found | None]:
        async with self._database.connection() as connection:
            found = await caller_store.find_by_keys(connection, list(dict.fromkeys(wanted)), now=self._clock.now())
        return [found.get(each) for each in wanted]

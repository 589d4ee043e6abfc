"""Stores deliveries by group commit, so that their senders get an answer at once, and rings for who processes them."""

import asyncio
from collections.abc import Sequence

from eventline_common.db.session import AWAY, Database
from eventline_common.errors import Unavailable
from eventline_common.runtime.batch import Batch, Closed
from eventline_common.runtime.loop import Wake
from eventline_connectors.deliveries import store
from eventline_connectors.deliveries.delivery import Delivery

_LIMIT = 64
_PARALLEL = 2
# Larger bodies are stored on their own, so that a batch never grows out of bounds.
_LARGE = 256 * 1024
# GitHub waits ten seconds for an answer.
_PATIENCE = 8.0

_AWAY: tuple[type[Exception], ...] = (*AWAY, Closed)


class Intake:
    """Where deliveries are handed in."""

    def __init__(self, database: Database, arrived: Wake) -> None:
        self._database = database
        self._arrived = arrived
        self._batch: Batch[Delivery, bool] = Batch(self._store, limit=_LIMIT, name="deliveries", parallel=_PARALLEL)

    async def take(self, delivery: Delivery) -> bool:
        """Return once the delivery is committed: True if it is new, False if it was here before.

        Raises Unavailable when it could not be stored, so that the sender knows.
        """
        try:
            async with asyncio.timeout(_PATIENCE):
                if len(delivery.body) > _LARGE:
                    [new] = await self._store([delivery])
                else:
                    new = await self._batch.add(delivery)
        except _AWAY as error:
            raise Unavailable("the delivery could not be stored for now; deliver it again later") from error
        return new

    async def close(self) -> None:
        """Store what waits, then refuse more."""
        await self._batch.close()

    async def _store(self, deliveries: Sequence[Delivery]) -> list[bool]:
        async with self._database.connection() as tx:
            answers = await store.insert_deliveries(tx, deliveries)
        if any(answers):
            self._arrived.ring()
        return answers

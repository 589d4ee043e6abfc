"""Looks up the addresses of requests that come together: one statement for all that arrived while the last one ran.

An answer is never older than its request: what is looked up was asked for before the statement began.
"""

from collections.abc import Sequence

from eventline_common.db.session import Database
from eventline_common.runtime.batch import Batch
from eventline_connectors.webhook.store import Webhook, find_webhooks

_LARGEST_BATCH = 200


class WebhookLookups:
    """Finds subscriptions by the address that a request was sent to; one per process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._batch: Batch[str, Webhook | None] = Batch(self._find_all, limit=_LARGEST_BATCH, name="webhook lookups")

    async def find(self, target: str) -> Webhook | None:
        """Return what is behind an address now; raise one of `AWAY` when the database is."""
        return await self._batch.add(target)

    async def _find_all(self, targets: Sequence[str]) -> Sequence[Webhook | None]:
        async with self._database.connection() as connection:
            found = await find_webhooks(connection, list(dict.fromkeys(targets)))
        return [found.get(target) for target in targets]

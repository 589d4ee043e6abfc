"""Turns stored deliveries into events, oldest first, in batches."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from eventline_common.bus import Bus
from eventline_common.clock import Clock
from eventline_common.db.session import Database, Tx
from eventline_common.logging import get_logger
from eventline_connectors.counters import Counters
from eventline_connectors.deliveries import store
from eventline_connectors.deliveries.delivery import Delivery, DeliveryKind
from eventline_connectors.events_store import NewEvent, insert_events

BATCH = 100
# Bytes of bodies that are worked on at once.
SIZE = 32 * 1024 * 1024

_BAD_ROW = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)

Kinds = set[tuple[str, str]]
# Inserts what deliveries mean; returns those that are done with.
Tell = Callable[[Tx, Sequence[Delivery], Kinds], Awaitable[Sequence[Delivery]]]


@dataclass(frozen=True, slots=True)
class DeliveryProcessing:
    """One transaction per batch: find who is to hear of it, insert the events; the hints follow the commit."""

    database: Database
    bus: Bus
    clock: Clock
    kinds: Mapping[str, DeliveryKind]
    counters: Counters
    batch: int = BATCH

    async def run_once(self) -> bool:
        """Process one batch; True when there may be more."""
        created: Kinds = set()
        try:
            more = await self._run(self._tell, created)
        except _BAD_ROW:
            created.clear()
            more = await self._run(self._tell_one_by_one, created)
        for connector, name in sorted(created):
            await self.bus.publish(self.bus.subjects.event(connector, name))
        return more

    async def _run(self, tell: Tell, created: Kinds) -> bool:
        async with self.database.transaction() as tx:
            taken = await store.take_deliveries(tx, limit=self.batch, size=SIZE)
            done = await tell(tx, taken, created) if taken else []
            if done:
                await store.mark_processed(tx, done)
        return len(done) == len(taken) > 0

    async def _tell_one_by_one(self, tx: Tx, deliveries: Sequence[Delivery], created: Kinds) -> Sequence[Delivery]:
        """Find the deliveries whose events the database refuses, so that they stop no others."""
        done: list[Delivery] = []
        for delivery in deliveries:
            try:
                async with tx.transaction():
                    done += await self._tell(tx, [delivery], created)
            except _BAD_ROW as error:
                get_logger("deliveries").error("delivery_refused", delivery_id=delivery.delivery_id, error=str(error))
                self.counters.delivery_processed(delivery.connector, "refused")
                done.append(delivery)
        return done

    async def _tell(self, tx: Tx, deliveries: Sequence[Delivery], created: Kinds) -> Sequence[Delivery]:
        told = [
            pair
            for connector, group in _by_connector(deliveries).items()
            for pair in zip(group, await self._events(tx, connector, group), strict=True)
        ]
        new, held = await insert_events(tx, [event for _, events in told for event in events], now=self.clock.now())
        created |= new
        done = []
        for delivery, events in told:
            if any(event.subscription_id in held for event in events):
                continue
            done.append(delivery)
            self.counters.delivery_processed(delivery.connector, "told" if events else "ignored")
        return done

    async def _events(self, tx: Tx, connector: str, deliveries: Sequence[Delivery]) -> Sequence[Sequence[NewEvent]]:
        kind = self.kinds.get(connector)
        if kind is None:
            get_logger("deliveries").error("delivery_of_unknown_connector", connector=connector, count=len(deliveries))
            return [[] for _ in deliveries]
        return await kind.tell(tx, deliveries)


def _by_connector(deliveries: Sequence[Delivery]) -> Mapping[str, Sequence[Delivery]]:
    groups: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        groups.setdefault(delivery.connector, []).append(delivery)
    return groups

"""Makes events of the ends of executions, in batches; what cannot be told yet is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventline_common.bus import Bus
from eventline_common.clock import Clock
from eventline_common.db.session import Database, Tx
from eventline_common.ids import SubscriptionId
from eventline_common.logging import get_logger
from eventline_connectors.events_store import NewEvent, insert_events
from eventline_connectors.following import store
from eventline_connectors.following.domain import (
    CONNECTOR,
    NAME,
    Finished,
    FollowerSubscription,
    chain_error,
    event_of,
    is_last,
    is_told,
)

BATCH = 200


@dataclass(frozen=True, slots=True)
class Following:
    """One transaction per batch: insert the events, forget the ends; the hint follows the commit."""

    database: Database
    bus: Bus
    clock: Clock
    batch: int = BATCH

    async def run_once(self) -> bool:
        """Tell of one batch of ends; True when there may be more."""
        async with self.database.transaction() as tx:
            ends = await store.take_finished(tx, limit=self.batch)
            told, done = await self._tell(tx, ends)
            await store.delete_finished(tx, done)
        if told:
            await self.bus.publish(self.bus.subjects.event(CONNECTOR, NAME))
        return len(done) == self.batch

    async def _tell(self, tx: Tx, ends: Sequence[Finished]) -> tuple[bool, Sequence[Finished]]:
        """Return whether there is a new event, and the ends that everybody has been told of."""
        if not ends:
            return False, []
        followers = await store.list_followers(tx, sorted({end.project_id for end in ends}))
        events: dict[Finished, list[NewEvent]] = {end: [] for end in ends}
        errors: dict[SubscriptionId, str | None] = {}
        for end in ends:
            hearing = [follower for follower in followers if is_told(follower, end)]
            errors.update(_errors(end, hearing))
            if not is_last(end):
                events[end] = [event_of(follower, end) for follower in hearing]
        new, held = await insert_events(tx, [e for each in events.values() for e in each], now=self.clock.now())
        await store.set_errors(tx, errors)
        done = [end for end, told in events.items() if not any(event.subscription_id in held for event in told)]
        return bool(new), done


def _errors(end: Finished, hearing: Sequence[FollowerSubscription]) -> dict[SubscriptionId, str | None]:
    if not is_last(end):
        return {follower.id: None for follower in hearing}
    if hearing:
        get_logger("following").error("chain_ended", job_execution_id=end.execution_id, depth=end.depth)
    return {follower.id: chain_error(end) for follower in hearing}

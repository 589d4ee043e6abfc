"""Turns what waits to be told into messages: most go alone, those of a storm together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.clock import Clock
from eventline_common.db.session import Database, Tx
from eventline_common.ids import NotificationId, ProjectId, new_id
from eventline_common.logging import get_logger
from eventline_common.runtime.loop import Wake
from eventline_notifier import planning_store as store
from eventline_notifier.domain import GIVEN_UP_AFTER
from eventline_notifier.pacing import Plan, plan
from eventline_notifier.planning_store import Lane, NewMessage

# Notifications that are looked at, at once and in one project; no digest holds more.
LIMIT = 2000
NO_CHANNEL = "the project has no email address, no webhook and no Slack channel to send it to"


@dataclass(frozen=True, slots=True)
class Planning:
    """One transaction: lock the projects, decide, write the messages down; then the channels are woken."""

    database: Database
    clock: Clock
    planned: Sequence[Wake]
    threshold: int
    limit: int = LIMIT

    async def run_once(self) -> bool:
        """Plan what waits; True when there may be more."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            lanes = await store.take_lanes(tx, now=now, limit=self.limit)
            if not lanes:
                return False
            waiting = await store.list_waiting(tx, [lane.project_id for lane in lanes], now=now, limit=self.limit)
            await self._plan(tx, lanes, waiting, now=now)
        for wake in self.planned:
            wake.ring()
        return any(len(ids) == self.limit for ids in waiting.values())

    async def _plan(
        self, tx: Tx, lanes: Sequence[Lane], waiting: Mapping[ProjectId, Sequence[NotificationId]], *, now: datetime
    ) -> None:
        mute = [id for lane in lanes if not lane.channels for id in waiting[lane.project_id]]
        if mute:
            await store.abandon(tx, mute, error=NO_CHANNEL)
        told = [lane for lane in lanes if lane.channels and waiting[lane.project_id]]
        if not told:
            return
        plans = [(lane, plan(lane.pace, waiting[lane.project_id], threshold=self.threshold, now=now)) for lane in told]
        messages = [message for lane, decided in plans for message in _messages(lane, decided, now=now)]
        await store.add_messages(tx, messages, now=now, give_up_time=now + GIVEN_UP_AFTER)
        held = {id: decided.hold_until for _, decided in plans for id in decided.held if decided.hold_until}
        if held:
            await store.hold(tx, held)
            get_logger("planning").info("notifications_held", count=len(held))
        await store.save_paces(tx, {lane.project_id: decided.pace for lane, decided in plans})


def _messages(lane: Lane, decided: Plan, *, now: datetime) -> list[NewMessage]:
    """A single notification gives its id to its message, so that every repetition of it can be recognised."""
    alone = [NewMessage(id, lane.project_id, lane.channels, (id,)) for id in decided.alone]
    if decided.digest:
        alone.append(NewMessage(new_id(now), lane.project_id, lane.channels, decided.digest))
    return alone

"""Delivers what waits, each notification on its own record."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from eventline_common.clock import Clock
from eventline_common.db.session import Database
from eventline_common.logging import get_logger
from eventline_notifier import store
from eventline_notifier.channels.mail import (
    MailConnection,
    MailRefused,
    MailSettings,
    Undeliverable,
    compose,
    open_connection,
)
from eventline_notifier.counters import Counters
from eventline_notifier.domain import Notification, after_failure

BATCH = 20
# Longer than any batch can take, so that nobody takes over what is still being sent.
_LEASE = timedelta(seconds=180)
_DEADLINE = 120.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """Takes a batch, opens one connection to the mail server for it, and records each mail as soon as it was accepted.

    A crash repeats at most the mail that was in flight.
    """

    database: Database
    clock: Clock
    settings: MailSettings
    counters: Counters
    batch: int = BATCH

    async def run_once(self) -> bool:
        """Deliver one batch; True when there may be more."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            taken = await store.take_due(tx, now=now, lease_end=now + _LEASE, limit=self.batch)
        if taken:
            await self._deliver(taken)
        return len(taken) == self.batch

    async def _deliver(self, notifications: Sequence[Notification]) -> None:
        waiting = list(notifications)
        try:
            async with asyncio.timeout(_DEADLINE), open_connection(self.settings) as connection:
                while waiting:
                    await self._deliver_one(connection, waiting[0])
                    waiting.pop(0)
        except MailRefused as error:
            await self._fail(waiting, str(error))
        except TimeoutError:
            await self._fail(waiting, "the smtp server was too slow")

    async def _deliver_one(self, connection: MailConnection, notification: Notification) -> None:
        try:
            remark = await connection.send(compose(notification, self.settings, now=self.clock.now()))
        except Undeliverable as error:
            await self._abandon(notification, str(error))
            return
        except MailRefused as error:
            await self._fail([notification], str(error))
            return
        async with self.database.connection() as tx:
            await store.mark_delivered(tx, notification.id, now=self.clock.now(), remark=remark)
        self.counters.delivered()
        get_logger("delivery").info("notification_delivered", id=notification.id, kind=notification.kind.value)

    async def _fail(self, notifications: Sequence[Notification], error: str) -> None:
        for notification in notifications:
            postponed = after_failure(notification, now=self.clock.now())
            if postponed.time is None:
                await self._abandon(notification, error)
                continue
            async with self.database.connection() as tx:
                await store.postpone(tx, notification.id, time=postponed.time, error=error)
        self.counters.failed(len(notifications))
        get_logger("delivery").info("delivery_failed", count=len(notifications), error=error)

    async def _abandon(self, notification: Notification, error: str) -> None:
        async with self.database.connection() as tx:
            await store.abandon(tx, notification.id, error=error)
        self.counters.abandoned()
        get_logger("delivery").error("notification_abandoned", id=notification.id, error=error)

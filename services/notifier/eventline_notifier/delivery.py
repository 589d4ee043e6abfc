"""Delivers messages by one channel, each on its own record."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from eventline_common.clock import Clock
from eventline_common.db.session import Database, Row, Tx
from eventline_common.domain.notifications import Channel
from eventline_common.logging import get_logger
from eventline_notifier import store
from eventline_notifier.channels.channel import MessageChannel, Refused, Undeliverable
from eventline_notifier.counters import Counters
from eventline_notifier.domain import Delivery, Message, retry_time

# Longer than an attempt can take, so that nobody takes over what is still being sent.
LEASE = timedelta(seconds=60)
_DEADLINE = 45.0
_ERROR_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Delivering:
    """Takes one message, sends it, and records that it was accepted, before it takes the next one.

    A crash repeats at most the message that was in flight, once its lease has ended.
    """

    database: Database
    clock: Clock
    channel: Channel
    sender: MessageChannel
    counters: Counters

    async def run_once(self) -> bool:
        """Deliver one message; True when there may be more."""
        now = self.clock.now()
        async with self.database.transaction() as tx:
            taken = await store.take_due(tx, self.channel, now=now, lease_end=now + LEASE)
            message = None if taken is None else await self._load(tx, *taken)
        if taken is None:
            await self.sender.rest()
            return False
        if message is not None:
            await self._deliver(taken[0], message)
        return True

    async def _load(self, tx: Tx, delivery: Delivery, row: Row) -> Message | None:
        message = await store.load_message(tx, row)
        if message is None:
            await store.forget(tx, delivery)
        return message

    async def _deliver(self, delivery: Delivery, message: Message) -> None:
        try:
            async with asyncio.timeout(_DEADLINE):
                remark = await self.sender.send(message, now=self.clock.now())
        except Undeliverable as error:
            await self._abandon(delivery, str(error))
        except Refused as error:
            await self._fail(delivery, str(error))
        except TimeoutError:
            await self._fail(delivery, f"there was no answer within {_DEADLINE:g} seconds")
        else:
            now = self.clock.now()
            await self._record(lambda tx: store.mark_delivered(tx, delivery, now=now, remark=remark))
            self.counters.delivered(delivery.channel)
            self._log("message_delivered", delivery, notifications=message.total)

    async def _fail(self, delivery: Delivery, error: str) -> None:
        time = retry_time(delivery, now=self.clock.now())
        if time is None:
            await self._abandon(delivery, error)
            return
        await self._record(lambda tx: store.postpone(tx, delivery, time=time, error=error[:_ERROR_LIMIT]))
        self.counters.failed(delivery.channel)
        self._log("delivery_failed", delivery, error=error)

    async def _abandon(self, delivery: Delivery, error: str) -> None:
        await self._record(lambda tx: store.abandon(tx, delivery, error=error[:_ERROR_LIMIT]))
        self.counters.abandoned(delivery.channel)
        self._log("message_abandoned", delivery, error=error)

    async def _record(self, write: Callable[[Tx], Awaitable[None]]) -> None:
        async with self.database.transaction() as tx:
            await write(tx)

    def _log(self, event: str, delivery: Delivery, **values: object) -> None:
        get_logger("delivery").info(event, id=delivery.message_id, channel=delivery.channel.value, **values)

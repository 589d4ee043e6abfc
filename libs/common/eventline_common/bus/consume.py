"""Pulls hints from a stream, which is declared again whenever it disappears.

The client library's own batch fetch waits until the batch is full; a hint must be acted on when it arrives. So this
keeps one open pull request, whose messages land in a queue, and hands over whatever is there.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig

from eventline_common.bus.streams import StreamKind
from eventline_common.logging import get_logger

_PAUSE_AFTER_ERROR = 0.2
_DEADLINE = 2.0
_AWAY = (nats.errors.Error, nats.js.errors.Error, TimeoutError, OSError)


@dataclass(frozen=True, slots=True)
class Hint:
    """A message that asks to look at a row."""

    subject: str
    payload: bytes
    message: Msg

    async def acknowledge(self) -> None:
        """Say that the row was looked at; a lost acknowledgement only brings the hint again."""
        try:
            await self.message.ack()
        except (nats.errors.Error, OSError):
            pass

    async def postpone(self, seconds: float) -> None:
        """Ask for the hint again, later."""
        try:
            await self.message.nak(delay=seconds)
        except (nats.errors.Error, OSError):
            pass


class HintConsumer:
    """A durable pull consumer that is shared by all replicas with the same `durable` name."""

    def __init__(
        self, client: Client, kind: StreamKind, *, prefix: str, durable: str, filter_subject: str | None
    ) -> None:
        self._client = client
        self._jetstream = client.jetstream(timeout=_DEADLINE)
        self._kind = kind
        self._stream = kind.stream_name(prefix)
        self._prefix = prefix
        self._durable = durable
        self._filter = filter_subject or f"{prefix}.{kind.subjects}"
        self._inbox: tuple[str, Any] | None = None
        self._arrived: asyncio.Queue[Msg | None] = asyncio.Queue()
        self._requested = 0
        self._log = get_logger("bus")

    async def fetch(self, limit: int, *, wait: float) -> Sequence[Hint]:
        """Return up to `limit` hints, waiting up to `wait` seconds for the first; none if the bus is away."""
        if hints := self._take(limit):
            return hints
        try:
            if self._inbox is None:
                await self._declare()
            if self._requested == 0:
                await self._request(limit, wait)
            async with asyncio.timeout(wait + 0.5):
                first = await self._arrived.get()
        except TimeoutError:
            self._requested = 0
            await self._check()
            return []
        except _AWAY as error:
            self._log.debug("fetch_failed", stream=self._stream, error=str(error) or type(error).__name__)
            await self._forget()
            await asyncio.sleep(_PAUSE_AFTER_ERROR)
            return []
        return [*([_hint(first)] if first is not None else []), *self._take(limit - 1)]

    def arrived(self) -> Sequence[Hint]:
        """Return the hints that were asked for and are here already."""
        return self._take(self._arrived.qsize())

    async def pending(self) -> int:
        """Return how many hints wait or are being worked on; 0 if that cannot be told."""
        try:
            found = await self._jetstream.consumer_info(self._stream, self._durable, timeout=1)
        except _AWAY:
            return 0
        return (found.num_pending or 0) + (found.num_ack_pending or 0)

    async def close(self) -> None:
        """Stop pulling; what was not acknowledged comes again, to whoever is left."""
        await self._forget()

    def _take(self, limit: int) -> list[Hint]:
        taken: list[Hint] = []
        while len(taken) < limit and not self._arrived.empty():
            message = self._arrived.get_nowait()
            if message is not None:
                taken.append(_hint(message))
        return taken

    async def _request(self, limit: int, wait: float) -> None:
        assert self._inbox is not None
        self._requested = limit
        await self._client.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._durable}",
            json.dumps({"batch": limit, "expires": int(wait * 1e9)}).encode(),
            self._inbox[0],
        )

    async def _on_message(self, message: Msg) -> None:
        status = (message.headers or {}).get("Status")
        if status is None:
            self._requested = max(0, self._requested - 1)
            self._arrived.put_nowait(message)
            return
        # 408 and 404: the request is over without (more) messages. 409 and 503: consumer or stream is gone.
        self._requested = 0
        self._arrived.put_nowait(None)
        if status in {"409", "503"}:
            await self._forget()

    async def _declare(self) -> None:
        try:
            await self._jetstream.add_stream(self._kind.config(self._prefix))
        except nats.js.errors.BadRequestError:
            await self._jetstream.update_stream(self._kind.config(self._prefix))
        config = ConsumerConfig(
            durable_name=self._durable,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=10,
            max_ack_pending=10_000,
            filter_subject=self._filter,
        )
        await self._jetstream.add_consumer(self._stream, config)
        inbox = self._client.new_inbox()
        self._inbox = (inbox, await self._client.subscribe(inbox, cb=self._on_message))
        self._requested = 0

    async def _check(self) -> None:
        """Find out whether the consumer was deleted: to a pull request that looks like silence."""
        try:
            await self._jetstream.consumer_info(self._stream, self._durable, timeout=1)
        except _AWAY:
            await self._forget()

    async def _forget(self) -> None:
        inbox, self._inbox = self._inbox, None
        self._requested = 0
        if inbox is not None:
            try:
                await inbox[1].unsubscribe()
            except (nats.errors.Error, OSError):
                pass


def _hint(message: Msg) -> Hint:
    return Hint(message.subject, message.data, message)

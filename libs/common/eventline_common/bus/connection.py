"""One connection to NATS per process, which comes back by itself and never makes a caller fail."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import nats
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from eventline_common.bus.consume import HintConsumer
from eventline_common.bus.streams import StreamKind
from eventline_common.bus.subjects import Subjects
from eventline_common.logging import get_logger

if TYPE_CHECKING:
    from eventline_common.settings import NatsSettings

_PENDING_BYTES = 8 * 1024 * 1024

Callback = Callable[[str, bytes], Awaitable[None]]


class Subscription:
    """Something that is being listened to, until `close`."""

    def __init__(self, subscription: Any) -> None:
        self._subscription = subscription

    async def close(self) -> None:
        """Stop listening; safe when the connection is gone."""
        try:
            await self._subscription.unsubscribe()
        except nats.errors.Error:
            pass


class Bus:
    """What services say to each other. Losing any of it costs latency, never a fact."""

    def __init__(self, client: Client, subjects: Subjects) -> None:
        self._client = client
        self.subjects = subjects
        self.lost = 0
        self._log = get_logger("bus")

    @classmethod
    async def connect(cls, settings: "NatsSettings", *, name: str) -> "Bus":
        """Connect, waiting for the server as long as it takes."""
        log = get_logger("bus")

        async def on_error(error: Exception) -> None:
            log.debug("bus_failed", error=str(error) or type(error).__name__)

        async def on_disconnected() -> None:
            log.info("bus_disconnected")

        async def on_reconnected() -> None:
            log.info("bus_reconnected")

        client = await nats.connect(
            settings.uri,
            name=name,
            user=settings.user or None,
            password=settings.password or None,
            token=settings.token or None,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.25,
            connect_timeout=2,
            ping_interval=5,
            max_outstanding_pings=2,
            pending_size=_PENDING_BYTES,
            error_cb=on_error,
            disconnected_cb=on_disconnected,
            reconnected_cb=on_reconnected,
        )
        return cls(client, Subjects(settings.subject_prefix))

    @property
    def connected(self) -> bool:
        """Whether the server is there at this moment."""
        return bool(self._client.is_connected)

    @property
    def jetstream(self) -> JetStreamContext:
        """JetStream with short deadlines: whoever waits for it has a sweeper behind it."""
        return self._client.jetstream(timeout=2)

    async def publish(self, subject: str, payload: bytes = b"") -> None:
        """Say something once. Never raises and never waits for an answer: what is lost is swept."""
        if not self._client.is_connected:
            self.lost += 1
            return
        try:
            await self._client.publish(subject, payload)
        except (nats.errors.Error, OSError, ValueError) as error:
            self.lost += 1
            self._log.debug("hint_lost", subject=subject, error=str(error))

    async def subscribe(self, subject: str, callback: Callback, *, queue: str = "") -> Subscription:
        """Call `callback(subject, payload)` for each message; it must not raise."""

        async def on_message(message: Msg) -> None:
            await callback(message.subject, message.data)

        return Subscription(await self._client.subscribe(subject, queue=queue, cb=on_message))

    async def flush(self) -> None:
        """Wait until the server has what was said, for at most two seconds."""
        await self._client.flush(timeout=2)

    def consumer(self, kind: StreamKind, *, durable: str, filter_subject: str | None = None) -> HintConsumer:
        """Return a pull consumer; stream and consumer are declared at the first fetch, and again when they vanish."""
        return HintConsumer(
            self._client, kind, prefix=self.subjects.prefix, durable=durable, filter_subject=filter_subject
        )

    async def close(self) -> None:
        """Send what waits, then hang up."""
        try:
            async with asyncio.timeout(3):
                await self._client.drain()
        except (nats.errors.Error, TimeoutError, OSError):
            await self._client.close()

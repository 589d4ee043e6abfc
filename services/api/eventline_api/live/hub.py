"""Shares subscriptions to the bus: however many people watch something, its messages arrive once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import nats.errors

from eventline_common.bus import Bus, Subscription

# Called for each message with its subject and payload; must neither block nor raise.
Listener = Callable[[str, bytes], None]


class _Topic:
    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.lock = asyncio.Lock()
        self.subscription: Subscription | None = None


class Hub:
    """What the live routes listen with; one per process."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._topics: dict[str, _Topic] = {}
        self._closing = asyncio.Event()

    @property
    def subjects_listened_to(self) -> int:
        """The number of subscriptions that are kept."""
        return len(self._topics)

    @property
    def connected(self) -> bool:
        """Whether messages can arrive at this moment."""
        return self._bus.connected

    @property
    def closing(self) -> bool:
        """Whether streams must end, so that their clients go on elsewhere."""
        return self._closing.is_set()

    def close(self) -> None:
        """Ask every stream to end soon."""
        self._closing.set()

    @asynccontextmanager
    async def listen(self, *subjects: str, listener: Listener) -> AsyncIterator[None]:
        """Call `listener` for each message on some subjects; what is said after the block is entered is heard."""
        try:
            for subject in subjects:
                await self._join(subject, listener)
            await self._flush()
            yield
        finally:
            for subject in subjects:
                await self._leave(subject, listener)

    async def _join(self, subject: str, listener: Listener) -> None:
        topic = self._topics.setdefault(subject, _Topic())
        topic.listeners.add(listener)
        async with topic.lock:
            if topic.subscription is None and topic.listeners:

                async def on_message(name: str, payload: bytes) -> None:
                    for each in tuple(topic.listeners):
                        each(name, payload)

                topic.subscription = await self._bus.subscribe(subject, on_message)

    async def _leave(self, subject: str, listener: Listener) -> None:
        topic = self._topics.get(subject)
        if topic is None:
            return
        topic.listeners.discard(listener)
        async with topic.lock:
            if topic.listeners:
                return
            if self._topics.get(subject) is topic:
                del self._topics[subject]
            if topic.subscription is not None:
                subscription, topic.subscription = topic.subscription, None
                await subscription.close()

    async def _flush(self) -> None:
        if not self._bus.connected:
            return
        try:
            await self._bus.flush()
        except (nats.errors.Error, TimeoutError, OSError):
            # The rows are read again every second; this one may be heard late.
            return

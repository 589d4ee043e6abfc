"""Shares subscriptions to the bus: however many people watch something, its messages arrive once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import nats.errors

from eventline_common.bus import Bus, Subscription

# Called for each message with its subject and payload; must neither block nor raise.
Listener = Callable[[str, bytes], None]


class _Topic:
    """A subject that somebody listens to; `opening` is the subscription as it comes into being."""

    def __init__(self, opening: "asyncio.Task[Subscription]", listeners: set[Listener]) -> None:
        self.opening = opening
        self.listeners = listeners


class Hub:
    """What the live routes listen with; one per process."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._topics: dict[str, _Topic] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._closing = False

    @property
    def subjects(self) -> frozenset[str]:
        """What is listened to at this moment."""
        return frozenset(self._topics)

    @property
    def connected(self) -> bool:
        """Whether messages can arrive at this moment."""
        return self._bus.connected

    @property
    def closing(self) -> bool:
        """Whether streams must end, so that their clients go on elsewhere."""
        return self._closing

    def end_streams(self) -> None:
        """Ask every stream to end soon: the process is about to stop."""
        self._closing = True

    async def close(self) -> None:
        """End every stream and wait until nothing is listened to any more."""
        self._closing = True
        while self._ending:
            await asyncio.gather(*self._ending, return_exceptions=True)

    @asynccontextmanager
    async def listen(self, *subjects: str, listener: Listener) -> AsyncIterator[None]:
        """Call `listener` for each message on some subjects; what is said after the block is entered is heard."""
        try:
            for subject in subjects:
                await asyncio.shield(self._join(subject, listener).opening)
            await self._flush()
            yield
        finally:
            # Nothing is awaited here: a cancelled stream would be cancelled again at once.
            for subject in subjects:
                self._leave(subject, listener)

    def _join(self, subject: str, listener: Listener) -> _Topic:
        topic = self._topics.get(subject)
        if topic is None:
            listeners: set[Listener] = set()

            async def on_message(name: str, payload: bytes) -> None:
                for each in tuple(listeners):
                    each(name, payload)

            opening = asyncio.create_task(self._bus.subscribe(subject, on_message), name=f"listen to {subject}")
            topic = self._topics[subject] = _Topic(opening, listeners)
        topic.listeners.add(listener)
        return topic

    def _leave(self, subject: str, listener: Listener) -> None:
        topic = self._topics.get(subject)
        if topic is None or listener not in topic.listeners:
            return
        topic.listeners.discard(listener)
        if not topic.listeners:
            del self._topics[subject]
            task = asyncio.create_task(_end(topic), name=f"stop listening to {subject}")
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _flush(self) -> None:
        if not self._bus.connected:
            return
        try:
            await self._bus.flush()
        except (nats.errors.Error, TimeoutError, OSError):
            # The rows are read again every second; until then this may be heard late.
            return


async def _end(topic: _Topic) -> None:
    subscription = await topic.opening
    await subscription.close()

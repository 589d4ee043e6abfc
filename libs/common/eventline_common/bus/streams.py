"""The JetStream streams that keep hints until somebody acts on them, declared idempotently."""

from collections.abc import Mapping
from dataclasses import dataclass

from nats.js.api import RetentionPolicy, StorageType, StreamConfig


@dataclass(frozen=True, slots=True)
class StreamKind:
    """A stream by its name below the prefix, and the subjects it catches, below the prefix too."""

    name: str
    subjects: str

    def config(self, prefix: str) -> StreamConfig:
        """Return the declaration; hints are kept in memory, since every one can be made again from a row."""
        return StreamConfig(
            name=self.stream_name(prefix),
            subjects=[f"{prefix}.{self.subjects}"],
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.MEMORY,
            max_age=3600,
            max_bytes=16 * 1024 * 1024,
        )

    def stream_name(self, prefix: str) -> str:
        """Return the name on the server; dots are not allowed in it."""
        return f"{prefix.replace('.', '_')}_{self.name}"


EXECUTIONS = StreamKind("executions", "execution.run.>")
EVENTS = StreamKind("events", "event.>")
NOTIFICATIONS = StreamKind("notifications", "notification")
SUBSCRIPTIONS = StreamKind("subscriptions", "subscription")

STREAMS: Mapping[str, StreamKind] = {kind.name: kind for kind in (EXECUTIONS, EVENTS, NOTIFICATIONS, SUBSCRIPTIONS)}

"""NATS: hints about rows, live output, and signals. Nothing here is ever the only copy of a fact."""

from collections.abc import Sequence

from eventline_common.bus.connection import Bus, Subscription
from eventline_common.bus.consume import Hint, HintConsumer
from eventline_common.bus.streams import EVENTS, EXECUTIONS, NOTIFICATIONS, STREAMS, SUBSCRIPTIONS, StreamKind
from eventline_common.bus.subjects import Subjects

__all__: Sequence[str] = [
    "EVENTS",
    "EXECUTIONS",
    "NOTIFICATIONS",
    "STREAMS",
    "SUBSCRIPTIONS",
    "Bus",
    "Hint",
    "HintConsumer",
    "StreamKind",
    "Subjects",
    "Subscription",
]

"""What the notifier counts."""

from eventline_common.domain.notifications import Channel
from eventline_common.metrics import Metrics


class Counters:
    """The counters of one notifier process."""

    def __init__(self, metrics: Metrics) -> None:
        self._outcomes = metrics.counter(
            "notifications", "Attempts to deliver messages, by channel and outcome", ["channel", "outcome"]
        )

    def delivered(self, channel: Channel) -> None:
        self._outcomes.labels(channel.value, "delivered").inc()

    def failed(self, channel: Channel) -> None:
        self._outcomes.labels(channel.value, "failed").inc()

    def abandoned(self, channel: Channel) -> None:
        self._outcomes.labels(channel.value, "abandoned").inc()

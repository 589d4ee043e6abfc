"""What the notifier counts."""

from eventline_common.metrics import Metrics


class Counters:
    """The counters of one notifier process."""

    def __init__(self, metrics: Metrics) -> None:
        self._outcomes = metrics.counter("notifications", "Attempts to deliver notifications, by outcome", ["outcome"])

    def delivered(self) -> None:
        self._outcomes.labels("delivered").inc()

    def failed(self, count: int) -> None:
        self._outcomes.labels("failed").inc(count)

    def abandoned(self) -> None:
        self._outcomes.labels("abandoned").inc()

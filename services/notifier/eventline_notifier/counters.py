"""What the notifier counts."""

from prometheus_client import CollectorRegistry, Counter


class Counters:
    """The counters of one notifier process, on a registry of its own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._outcomes = Counter(
            "eventline_notifications", "Attempts to deliver notifications, by outcome", ["outcome"], registry=registry
        )

    def delivered(self) -> None:
        self._outcomes.labels("delivered").inc()

    def failed(self, count: int) -> None:
        self._outcomes.labels("failed").inc(count)

    def abandoned(self) -> None:
        self._outcomes.labels("abandoned").inc()

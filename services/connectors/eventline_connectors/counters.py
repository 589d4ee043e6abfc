"""What the connectors count."""

from prometheus_client import CollectorRegistry, Histogram

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 60, 3600)


class Counters:
    """The counters of one connectors process, on a registry of its own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._delays = Histogram(
            "eventline_timer_delay_seconds",
            "How long after its time a tick became an event",
            buckets=_SECONDS,
            registry=registry,
        )

    def ticked(self, delay: float) -> None:
        self._delays.observe(max(0.0, delay))

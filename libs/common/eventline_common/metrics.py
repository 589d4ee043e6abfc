"""What a process counts and measures, on a registry of its own, in the Prometheus text format."""

from collections.abc import Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

PREFIX = "eventline"
# Seconds: from a statement of the database to a job of ten minutes.
DURATIONS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600)


class Metrics:
    """The metrics of one process; every name begins with `eventline_`."""

    content_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.gauge("service", "The service that this process is", ["service"]).labels(service).set(1)

    def counter(self, name: str, description: str, labels: Sequence[str] = ()) -> Counter:
        """Make a counter; its exposed name ends with `_total`."""
        return Counter(name, description, labels, namespace=PREFIX, registry=self.registry)

    def gauge(self, name: str, description: str, labels: Sequence[str] = ()) -> Gauge:
        """Make a value that goes up and down."""
        return Gauge(name, description, labels, namespace=PREFIX, registry=self.registry)

    def histogram(
        self, name: str, description: str, labels: Sequence[str] = (), *, buckets: Sequence[float] = DURATIONS
    ) -> Histogram:
        """Make a distribution, of durations in seconds unless other buckets are given."""
        return Histogram(name, description, labels, namespace=PREFIX, registry=self.registry, buckets=buckets)

    def render(self) -> bytes:
        """Give all metrics as text."""
        return generate_latest(self.registry)

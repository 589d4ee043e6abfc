"""Counts and times the requests of the API."""

from prometheus_client import CollectorRegistry, Histogram

from eventline_common.http.gateway import Answered

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class RequestMetrics:
    """One histogram by method, route pattern and class of status; paths that no route has share one label."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._durations = Histogram(
            "eventline_http_request_duration_seconds",
            "The time until a request was answered.",
            ["server", "method", "route", "status"],
            buckets=_BUCKETS,
            registry=registry,
        )

    def observe(self, answered: Answered) -> None:
        """Count a request."""
        labels = ("api", answered.method, answered.route or "none", f"{answered.status // 100}xx")
        self._durations.labels(*labels).observe(answered.seconds)

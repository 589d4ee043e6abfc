"""Counts and times the requests of a server."""

from collections.abc import Sequence

from starlette.routing import Match, Route
from starlette.types import Scope

from eventline_common.http.gateway import Answered, Observe
from eventline_common.metrics import Metrics

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class RequestMetrics:
    """One histogram by method, route pattern and class of status; paths that no route has share one label."""

    def __init__(self, metrics: Metrics, *, server: str) -> None:
        self._server = server
        self._durations = metrics.histogram(
            "http_request_duration_seconds",
            "The time until a request was answered.",
            ["server", "method", "route", "status"],
            buckets=_BUCKETS,
        )

    def observe(self, answered: Answered) -> None:
        """Count a request."""
        labels = (self._server, answered.method, answered.route or "none", f"{answered.status // 100}xx")
        self._durations.labels(*labels).observe(answered.seconds)


def observe_all(observers: Sequence[Observe]) -> Observe:
    """Tell several observers of every request."""

    def observe(answered: Answered) -> None:
        for each in observers:
            each(answered)

    return observe


class PlainRoute(Route):
    """A route without the machinery of an API, which all the same is known by its pattern."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether the route fits, and say which one it is."""
        match, child = super().matches(scope)
        return match, {**child, "route": self}

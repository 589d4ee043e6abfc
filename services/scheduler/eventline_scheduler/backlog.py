"""What waits on the platform, as values and as metrics."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many rows of a kind wait (`name` is the runner of executions, else empty), and since when the oldest."""

    kind: str
    name: str
    count: int
    oldest: datetime


class BacklogMetrics:
    """Gauges of what waits; what does not wait any more goes back to zero."""

    def __init__(self, metrics: Metrics) -> None:
        self._counts = metrics.gauge("waiting", "Rows that wait: executions, events, messages", ["kind", "runner"])
        self._ages = metrics.gauge(
            "waiting_age_seconds", "For how long the oldest of them has been due", ["kind", "runner"]
        )
        self._started = metrics.gauge("executions_started_now", "Executions that run on the whole platform")
        self._streams = metrics.gauge("stream_messages", "Hints that wait in a stream of JetStream", ["stream"])
        self._shown: set[tuple[str, str]] = set()

    def show(self, waiting: Sequence[Backlog], *, started: int, now: datetime) -> None:
        """Show what waits now."""
        found = {(each.kind, each.name): each for each in waiting}
        for gone in self._shown - found.keys():
            self._counts.labels(*gone).set(0)
            self._ages.labels(*gone).set(0)
        for labels, each in found.items():
            self._counts.labels(*labels).set(each.count)
            self._ages.labels(*labels).set(max(0.0, (now - each.oldest).total_seconds()))
        self._shown |= found.keys()
        self._started.set(started)

    def show_stream(self, stream: str, count: int) -> None:
        """Show how many hints wait in a stream."""
        self._streams.labels(stream).set(count)

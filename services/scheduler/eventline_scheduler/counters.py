"""What the scheduler counts."""

from eventline_common.metrics import Metrics
from eventline_scheduler.domain import Fate


class Counters:
    """The counters of one scheduler process."""

    def __init__(self, metrics: Metrics) -> None:
        self._events = metrics.counter("events_processed", "Events processed, by what became of them", ["fate"])
        self._hinted = metrics.counter("executions_hinted_again", "Waiting executions whose hint was repeated")
        self._lost = metrics.counter("executions_timed_out", "Executions failed because their executor was lost")
        self._deleted = metrics.counter("rows_deleted", "Rows deleted by retention", ["kind"])

    def event_processed(self, fate: Fate) -> None:
        self._events.labels(fate.value).inc()

    def hinted_again(self, count: int) -> None:
        self._hinted.inc(count)

    def executions_lost(self, count: int) -> None:
        self._lost.inc(count)

    def deleted(self, kind: str, count: int) -> None:
        self._deleted.labels(kind).inc(count)

"""What the scheduler counts."""

from prometheus_client import CollectorRegistry, Counter

from eventline_scheduler.domain import Fate


class Counters:
    """The counters of one scheduler process, on a registry of its own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._events = Counter(
            "eventline_events_processed", "Events processed, by what became of them", ["fate"], registry=registry
        )
        self._hinted = Counter(
            "eventline_executions_hinted_again", "Waiting executions whose hint was repeated", registry=registry
        )
        self._lost = Counter(
            "eventline_executions_timed_out", "Executions failed because their executor was lost", registry=registry
        )
        self._deleted = Counter("eventline_rows_deleted", "Rows deleted by retention", ["kind"], registry=registry)

    def event_processed(self, fate: Fate) -> None:
        self._events.labels(fate.value).inc()

    def hinted_again(self, count: int) -> None:
        self._hinted.inc(count)

    def executions_lost(self, count: int) -> None:
        self._lost.inc(count)

    def deleted(self, kind: str, count: int) -> None:
        self._deleted.labels(kind).inc(count)

"""What the executor counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from eventline_executor.slots import Slots


class Counters:
    """The counters of one executor process, on a registry of its own."""

    def __init__(self, registry: CollectorRegistry, slots: Slots) -> None:
        self._started = Counter(
            "eventline_executions_started", "Executions that this executor started", registry=registry
        )
        running = Gauge("eventline_executions_running", "Executions that run here now", registry=registry)
        running.set_function(lambda: slots.total - slots.free)
        total = Gauge("eventline_execution_slots", "Executions that may run here at once", registry=registry)
        total.set(slots.total)

    def execution_started(self) -> None:
        self._started.inc()

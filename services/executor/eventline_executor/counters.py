"""What the executor counts."""

from collections.abc import Sequence

from eventline_common.executions import Claimed
from eventline_common.metrics import Metrics
from eventline_executor.slots import Slots

_DELAYS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600)


class Counters:
    """The counters of one executor process."""

    def __init__(self, metrics: Metrics, slots: Slots) -> None:
        self._hinted = metrics.counter("hints_received", "Hints that an execution can start", ["runner"])
        self._started = metrics.counter("executions_started", "Executions that this executor started", ["runner"])
        self._delays = metrics.histogram(
            "execution_start_delay_seconds",
            "How long after it was due, or asked for, an execution was started for the first time",
            ["runner"],
            buckets=_DELAYS,
        )
        self._ended = metrics.counter("executions_ended", "Executions that ended here, by status", ["runner", "status"])
        self._durations = metrics.histogram(
            "execution_duration_seconds", "From the start of an execution to its end", ["runner", "status"]
        )
        self._output = metrics.counter("output_bytes", "Bytes of output that were stored")
        running = metrics.gauge("executions_running", "Executions that run here now")
        running.set_function(lambda: slots.total - slots.free)
        metrics.gauge("execution_slots", "Executions that may run here at once").set(slots.total)

    def claimed(self, runner: str, *, hints: int, delays: Sequence[float]) -> None:
        """Count a claim: hints that led to it, and the delay of each execution that starts for the first time."""
        self._hinted.labels(runner).inc(hints)
        for delay in delays:
            self._delays.labels(runner).observe(max(0.0, delay))

    def execution_started(self, runner: str) -> None:
        self._started.labels(runner).inc()

    def execution_ended(self, runner: str, status: str, seconds: float) -> None:
        self._ended.labels(runner, status).inc()
        self._durations.labels(runner, status).observe(seconds)

    def output_stored(self, size: int) -> None:
        self._output.inc(size)


def start_delays(claimed: Sequence[Claimed], now: float) -> list[float]:
    """Return for how many seconds each execution that was never started before has been due, at a time of the clock."""
    return [now - max(each.creation_time, each.scheduled_time).timestamp() for each in claimed if each.attempt == 1]

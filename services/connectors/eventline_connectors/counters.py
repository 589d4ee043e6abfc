"""What the connectors count."""

from eventline_common.metrics import Metrics

_DELAYS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 60, 3600)


class Counters:
    """The counters of one connectors process."""

    def __init__(self, metrics: Metrics) -> None:
        self._delays = metrics.histogram(
            "timer_delay_seconds", "How long after its time a tick became an event", buckets=_DELAYS
        )

    def ticked(self, delay: float) -> None:
        self._delays.observe(max(0.0, delay))

"""What the connectors count."""

from eventline_common.metrics import Metrics

_DELAYS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 60, 3600)


class Counters:
    """The counters of one connectors process."""

    def __init__(self, metrics: Metrics) -> None:
        self._delays = metrics.histogram(
            "timer_delay_seconds", "How long after its time a tick became an event", buckets=_DELAYS
        )
        self._received = metrics.counter(
            "webhook_deliveries_received", "Deliveries that were taken, new ones and known ones", ("connector", "known")
        )
        self._processed = metrics.counter(
            "webhook_deliveries_processed", "Deliveries by what became of them", ("connector", "fate")
        )

        self._refreshes = metrics.counter(
            "identity_refreshes", "Refreshes of OAuth2 identities, by outcome", ("outcome",)
        )

        self._recovered = metrics.counter(
            "webhook_deliveries_recovered", "Deliveries that were missed and fetched afterwards"
        )

    def ticked(self, delay: float) -> None:
        self._delays.observe(max(0.0, delay))

    def identity_refreshed(self, outcome: str) -> None:
        self._refreshes.labels(outcome).inc()

    def delivery_received(self, connector: str, *, new: bool) -> None:
        self._received.labels(connector, "false" if new else "true").inc()

    def delivery_processed(self, connector: str, fate: str) -> None:
        self._processed.labels(connector, fate).inc()

    def delivery_recovered(self) -> None:
        self._recovered.inc()

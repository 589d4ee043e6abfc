"""What a process does with NATS."""

from eventline_common.bus.connection import Bus
from eventline_common.metrics import Metrics


def watch_bus(metrics: Metrics, bus: Bus) -> None:
    """Show whether NATS is there, and how many hints were lost because it was not, whenever somebody looks."""
    metrics.gauge("bus_connected", "Whether NATS is connected").set_function(lambda: float(bus.connected))
    metrics.gauge("bus_hints_lost", "Hints that were not published; sweepers make them again").set_function(
        lambda: bus.lost
    )

"""What a service asks to know whether it is ready; see `monitoring`."""

from eventline_common.bus import Bus
from eventline_common.db.reachable import require_reachable
from eventline_common.db.session import Database
from eventline_common.http.monitoring import Probe


def database_probe(database: Database) -> Probe:
    """Ask PostgreSQL for nothing."""

    async def probe() -> str | None:
        await require_reachable(database)
        return None

    return probe


def bus_probe(bus: Bus) -> Probe:
    """Look whether the connection to NATS stands."""

    async def probe() -> str | None:
        return None if bus.connected else "the bus is not connected"

    return probe

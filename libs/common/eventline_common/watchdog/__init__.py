"""The watchdog of timers: a job that did not run when it should have is told, whatever kept it from it.

Two services run it, the scheduler and the connectors, so that each notices when the other one is away. What both find
is told once: a missed run is a row.
"""

from eventline_common.watchdog.caretaker import Watchdog
from eventline_common.watchdog.judging import PAUSE as WATCHDOG_PAUSE

__all__ = ["WATCHDOG_PAUSE", "Watchdog"]

"""The one shape of every caretaker: `run_once` does a bounded piece of work and says whether there was any."""

import asyncio
from collections.abc import Awaitable, Callable

from eventline_common.db.session import AWAY
from eventline_common.logging import get_logger

RunOnce = Callable[[], Awaitable[bool]]

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0


class Wake:
    """A doorbell: whoever has news rings, the loop behind it does not wait out its pause."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """End the pause of the loop, or spare it the next one."""
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Return after `seconds`, or at once when it rang since the last wait."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            pass
        self._event.clear()


async def run_loop(name: str, run_once: RunOnce, *, pause: float, wake: Wake | None = None) -> None:
    """Call `run_once` for ever: at once again while there is work, else after `pause` seconds or when `wake` rings.

    An error is logged, with a growing pause after it; only cancelling ends the loop.
    """
    log = get_logger("loop")
    bell = wake or Wake()
    failures = 0
    while True:
        try:
            worked = await run_once()
            failures = 0
        except AWAY as error:
            failures += 1
            worked = False
            log.info("loop_interrupted", loop=name, error=str(error) or type(error).__name__)
        except Exception as error:
            failures += 1
            worked = False
            log.error("loop_failed", loop=name, error=str(error) or type(error).__name__, exc_info=error)
        if failures:
            await asyncio.sleep(min(_FIRST_PAUSE * 2 ** (failures - 1), _LONGEST_PAUSE))
        elif not worked:
            await bell.wait(pause)
        else:
            await asyncio.sleep(0)

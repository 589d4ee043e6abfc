"""How many executions this executor may run at once, whatever runner they have."""

import asyncio


class Slots:
    """A count of free places. Who waits for work holds none: an idle runner must not keep others from working."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._free = total
        self._changed = asyncio.Event()

    @property
    def free(self) -> int:
        """How many places are free now."""
        return max(0, self._free)

    async def wait(self, seconds: float) -> int:
        """Return how many places are free, as soon as one is, or 0 after `seconds`; nothing is taken."""
        try:
            async with asyncio.timeout(seconds):
                while self._free <= 0:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pass
        return self.free

    def take(self, most: int) -> int:
        """Take as many places as are free, up to `most`; return how many."""
        taken = min(most, self.free)
        self._free -= taken
        return taken

    def seize(self, count: int) -> None:
        """Take places without waiting, if need be more than there are: for what runs whether there is room or not."""
        self._free -= count

    def give(self, count: int) -> None:
        """Give places back."""
        self._free += count
        self._changed.set()

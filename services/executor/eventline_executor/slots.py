"""How many executions this executor may run at once."""

import asyncio


class Slots:
    """A count of free places that can be taken several at a time."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._free = total
        self._changed = asyncio.Event()

    @property
    def free(self) -> int:
        """How many places are free now."""
        return self._free

    async def take(self, most: int) -> int:
        """Take between one and `most` places, waiting for the first."""
        while self._free <= 0:
            self._changed.clear()
            await self._changed.wait()
        taken = min(most, self._free)
        self._free -= taken
        return taken

    def seize(self, count: int) -> None:
        """Take places without waiting, if need be more than there are: for what runs whether there is room or not."""
        self._free -= count

    def give(self, count: int) -> None:
        """Give places back."""
        self._free += count
        self._changed.set()

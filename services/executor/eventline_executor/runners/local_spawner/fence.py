"""Until when programs may run: a moment in memory that the executor moves on and its spawner watches.

An executor that is frozen, or hangs, can end nothing; so those who watch over its programs do it without being told.
"""

import mmap
import os
import struct
import time

_MOMENT = struct.Struct("=d")
_NEVER = float("inf")


def boot_time() -> float:
    """Return the seconds since the machine started, those asleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Fence:
    """A moment of the boot time that several processes see; programs may run until then, at first for ever."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, _MOMENT.size)

    @classmethod
    def create(cls) -> "Fence":
        """Make one in memory that nobody else knows."""
        descriptor = os.memfd_create("eventline-fence")
        os.ftruncate(descriptor, _MOMENT.size)
        fence = cls(descriptor)
        fence.move(_NEVER)
        return fence

    def move(self, moment: float) -> None:
        """Let programs run until `moment`."""
        self._memory[:] = _MOMENT.pack(moment)

    @property
    def moment(self) -> float:
        """Until when programs may run."""
        (moment,) = _MOMENT.unpack(self._memory[:])
        return float(moment)

    def seconds_left(self) -> float:
        """Return how long programs may still run; at most 0 when they must not run any more."""
        return self.moment - boot_time()

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()
        os.close(self.descriptor)

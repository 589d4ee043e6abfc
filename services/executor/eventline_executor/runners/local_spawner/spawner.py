"""The spawner: forks a keeper for each socket that the executor sends, and kills what a killed keeper leaves."""

import gc
import os
import pwd
import select
import signal
import socket
import time
import traceback
from collections.abc import Sequence

from .descendants import descendants, parents, signal_all
from .fence import Fence
from .keeper import keep
from .kernel import adopt_orphans, set_name, watch_children
from .programs import ignored_signals
from .wire import receive

_KILL_PAUSE = 0.01
_KILL_PATIENCE = 3.0
# How long keepers may take to end their programs and remove their directories when the executor is gone.
_FAREWELL = 10.0
# Between two looks at whether the fence was moved on.
_EXPIRED_PAUSE = 1.0


class Spawner:
    """Serves one executor over a socket until that closes it."""

    def __init__(self, control: socket.socket, woken: int, user: str, fence: Fence) -> None:
        self._control = control
        self._woken = woken
        self._user = user
        self._fence = fence
        self._expired = False
        self._keepers: set[int] = set()
        self._killing_until = 0.0

    def serve(self) -> None:
        """Fork keepers until the executor is gone; then wait for theirs to end."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        while True:
            ready = [descriptor for descriptor, _ in poll.poll(self._pause())]
            self._look_after_children(woken=self._woken in ready)
            self._look_at_fence()
            if self._control.fileno() in ready and not self._accept():
                break
        self._control.close()
        deadline = time.monotonic() + _FAREWELL
        while self._keepers and time.monotonic() < deadline:
            ready = select.select([self._woken], [], [], _KILL_PAUSE if self._killing_until else 1.0)[0]
            self._look_after_children(woken=bool(ready))

    def _pause(self) -> float | None:
        """Return for how many milliseconds nothing has to be done unless something happens."""
        if self._killing_until:
            return _KILL_PAUSE * 1000
        left = self._fence.seconds_left()
        if not self._keepers or left == float("inf"):
            return None
        return (left if left > 0 else _EXPIRED_PAUSE) * 1000

    def _look_at_fence(self) -> None:
        """Kill programs and keepers when the moment comes; with these go the locks on their directories.

        Keepers that are asked for later may clean up: they start no program until the fence is moved on.
        """
        expired = self._fence.seconds_left() <= 0
        if expired and not self._expired:
            signal_all(descendants(os.getpid()), signal.SIGKILL)
        self._expired = expired

    def _accept(self) -> bool:
        received, descriptors = receive(self._control, 1)
        for descriptor in descriptors:
            self._fork(descriptor)
            os.close(descriptor)
        return bool(received)

    def _fork(self, descriptor: int) -> None:
        pid = os.fork()
        if pid:
            self._keepers.add(pid)
            return
        try:
            self._control.close()
            os.close(self._woken)
            set_name("eventline-keep")
            become(self._user)
            adopt_orphans()
            keep(socket.socket(fileno=descriptor), self._fence)
        except BaseException:  # noqa: BLE001 - a forked child must not return into its parent's loop
            traceback.print_exc()
        finally:
            os._exit(1)

    def _look_after_children(self, *, woken: bool) -> None:
        """Collect children that ended; kill the orphans of keepers that were killed, for a bounded time."""
        if woken:
            os.read(self._woken, 4096)
            self._reap()
            self._killing_until = time.monotonic() + _KILL_PATIENCE
        if not self._killing_until:
            return
        orphans = [pid for pid, parent in parents() if parent == os.getpid() and pid not in self._keepers]
        for orphan in orphans:
            signal_all([orphan, *descendants(orphan)], signal.SIGKILL)
        if not orphans or time.monotonic() > self._killing_until:
            self._killing_until = 0.0

    def _reap(self) -> None:
        try:
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                self._keepers.discard(pid)
        except ChildProcessError:
            return


def become(user: str) -> None:
    """Take the identity of a user for good; nothing to do for an empty name."""
    if not user:
        return
    entry = pwd.getpwnam(user)
    os.initgroups(user, entry.pw_gid)
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def main(arguments: Sequence[str]) -> None:
    """Be the spawner: `arguments` are the descriptors of the socket to the executor and of the fence, then the user."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        # The executor decides when programs end; a service manager or a terminal tells all of us.
        signal.signal(number, signal.SIG_IGN)
    set_name("eventline-spawn")
    adopt_orphans()
    ignored_signals()  # keepers inherit what was found
    gc.disable()
    gc.freeze()
    control = socket.socket(fileno=int(arguments[0]))
    control.set_inheritable(False)
    fence = Fence(int(arguments[1]))
    os.set_inheritable(fence.descriptor, False)
    Spawner(control, watch_children(), arguments[2], fence).serve()

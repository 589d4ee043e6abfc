"""The faults, each a function of the world; a seed decides which come when."""

import asyncio
import os
import random
import resource
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import asyncpg

from tests.chaos.nats_wire import NatsAway, list_streams, nats_request
from tests.chaos.world import SECOND, SERVICES, World

_EXECUTORS = ("executor", SECOND)
_FREEZES = (0.3, 1.0, 3.0)
# Longer than the silence after which an executor is given up.
_LONG_FREEZES = (11.5, 12.5)


@dataclass(frozen=True)
class Fault:
    """A fault, by the name under which it is counted; `happen` returns False when its victim was away already."""

    name: str
    happen: Callable[[World, random.Random], bool]


def _kill(part: str, world: World, _chance: random.Random) -> bool:
    """SIGKILL; it is started again."""
    return world.signal(part, signal.SIGKILL)


def _freeze(part: str, seconds: Sequence[float], world: World, chance: random.Random) -> bool:
    """SIGSTOP for a while, then SIGCONT."""
    pid = world.pid(part)
    if pid is None or not world.signal(part, signal.SIGSTOP):
        return False
    time.sleep(chance.choice(seconds))
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return False
    return True


def _delete_streams(world: World, _chance: random.Random) -> bool:
    """Every stream of JetStream disappears, consumers and waiting hints with them."""
    names = list_streams(world.platform.setting("nats"))
    for name in names:
        nats_request(world.platform.setting("nats"), f"$JS.API.STREAM.DELETE.{name}")
    return bool(names)


def _signal_server(part: str, number: signal.Signals, world: World, _chance: random.Random) -> bool:
    """NATS comes back with an empty store; PostgreSQL restarts in order (SIGINT), or recovers (SIGKILL)."""
    return world.signal(part, number)


def _cut_connections(world: World, _chance: random.Random) -> bool:
    """Every database connection is cut at once."""

    async def cut() -> None:
        connection = await asyncpg.connect(world.platform.setting("postgres"), timeout=5)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await connection.close()

    try:
        asyncio.run(cut())
    except (OSError, asyncpg.PostgresError):
        return False
    return True


def _fill_disk(world: World, chance: random.Random) -> bool:
    """The execution directory has no space left for a while."""
    with _full(world.root) if world.limited else _no_files(world):
        time.sleep(chance.uniform(0.5, 2.5))
    return True


@contextmanager
def _full(root: Path) -> Iterator[None]:
    filler = root.parent / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1024 * 1024))
            except OSError:
                pass  # full
        yield
    finally:
        filler.unlink(missing_ok=True)


@contextmanager
def _no_files(world: World) -> Iterator[None]:
    """Where no file system may be mounted: what the executors start may not write files."""
    pids = [pid for part in _EXECUTORS if (pid := world.pid(part)) is not None]
    everything = [resource.RLIM_INFINITY, resource.RLIM_INFINITY]
    found = [child for pid in pids for child in _children(pid)]
    for pid in found:
        _limit(pid, [0, resource.RLIM_INFINITY])
    try:
        yield
    finally:
        for pid in found:
            _limit(pid, everything)


def _children(pid: int) -> Sequence[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    children = [int(word) for word in text.split()]
    return [*children, *(grandchild for child in children for grandchild in _children(child))]


def _limit(pid: int, limits: Sequence[int]) -> None:
    try:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (limits[0], limits[1]))
    except (ProcessLookupError, PermissionError):
        pass  # it ended meanwhile


FAULTS: Sequence[Fault] = (
    *(Fault(f"kill {part}", partial(_kill, part)) for part in SERVICES),
    *(Fault(f"freeze {part}", partial(_freeze, part, _FREEZES)) for part in SERVICES),
    *(Fault(f"freeze {part} for long", partial(_freeze, part, _LONG_FREEZES)) for part in _EXECUTORS),
    *(Fault("streams deleted", _delete_streams),) * 3,
    *(Fault("nats restarted empty", partial(_signal_server, "nats", signal.SIGKILL)),) * 3,
    *(Fault("postgresql restarted", partial(_signal_server, "postgresql", signal.SIGINT)),) * 2,
    *(Fault("postgresql killed", partial(_signal_server, "postgresql", signal.SIGKILL)),) * 2,
    *(Fault("connections cut", _cut_connections),) * 3,
    *(Fault("disk full", _fill_disk),) * 3,
)


class Faults(threading.Thread):
    """Lets faults happen, one after the other with pauses, until it is stopped."""

    def __init__(
        self, world: World, seed: int, *, only: Sequence[str] = (), pause: tuple[float, float] = (0.3, 1.5)
    ) -> None:
        super().__init__(name="faults")
        self._world = world
        self._chance = random.Random(seed)
        self._deck = [fault for fault in FAULTS if not only or fault.name in only]
        self._pause = pause
        self._stop_now = threading.Event()
        self.done: Counter[str] = Counter()

    def run(self) -> None:
        while True:
            self._chance.shuffle(self._deck)
            for fault in self._deck:
                if self._stop_now.wait(self._chance.uniform(*self._pause)):
                    return
                self._try(fault)

    def stop(self) -> None:
        """Let the present fault end, then no more."""
        self._stop_now.set()
        self.join()

    def _try(self, fault: Fault) -> None:
        try:
            happened = fault.happen(self._world, self._chance)
        except (OSError, ValueError, NatsAway):
            return  # the part is away already
        self.done[fault.name] += happened

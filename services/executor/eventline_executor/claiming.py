"""Pulls hints as long as there are free slots, claims what they point to, and runs it."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from eventline_common.bus import EXECUTIONS, Bus, Hint, HintConsumer
from eventline_common.db.session import AWAY
from eventline_common.executions import Claimed, Held
from eventline_common.ids import ExecutionId
from eventline_executor.counters import Counters
from eventline_executor.ledger import Ledger
from eventline_executor.presence import Presence
from eventline_executor.runners.local_spawner.fence import boot_time
from eventline_executor.running import RunningExecution, StopReason
from eventline_executor.slots import Slots

_MOST_PER_CLAIM = 50
_WAIT = 2.0
# How long a hint is left to other executors when this one is full.
_FULL_WAIT = 0.2

Start = Callable[[Claimed], RunningExecution]


class Executions:
    """What runs here now, and the ways to start and stop it."""

    def __init__(self, slots: Slots, start: Start, counters: Counters) -> None:
        self._slots = slots
        self._start = start
        self._counters = counters
        self._running: dict[ExecutionId, RunningExecution] = {}
        self._unrecorded: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def count(self) -> int:
        """How many executions run here."""
        return len(self._running)

    def leases(self) -> dict[ExecutionId, int]:
        """Return the lease of each execution that runs here."""
        return {id: running.claimed.lease for id, running in self._running.items()}

    def start(self, claimed: Claimed) -> None:
        """Run an execution in its own task; its slot becomes free at its end."""
        running = self._start(claimed)
        self._counters.execution_started(_runner_of(claimed))
        self._running[claimed.id] = running
        task = asyncio.create_task(self._run(running), name=f"execution {claimed.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def adopt(self, claimed: Claimed) -> None:
        """Run an execution for which no slot was taken, unless it runs already, or did and its end was not recorded.

        The latter is failed by the scheduler, since nobody refreshes it: nothing runs twice in one attempt.
        """
        if claimed.id not in self._running and claimed.lease not in self._unrecorded:
            self._slots.seize(1)
            self.start(claimed)

    def stop_lost(self, lost: Sequence[Held]) -> None:
        """Stop executions that ended without us; another attempt that we run meanwhile goes on."""
        for held in lost:
            running = self._running.get(held.execution_id)
            if running is not None and running.claimed.lease == held.lease:
                running.stop(StopReason.LOST)

    async def drain(self, grace: float) -> None:
        """Let executions end for `grace` seconds, then abort the rest, and wait for them."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for running in list(self._running.values()):
            running.stop(StopReason.SHUTDOWN)
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, running: RunningExecution) -> None:
        begin = time.monotonic()
        try:
            if status := await running.run():
                self._counters.execution_ended(_runner_of(running.claimed), status, time.monotonic() - begin)
        except BaseException:
            self._unrecorded.add(running.claimed.lease)
            raise
        finally:
            if self._running.get(running.claimed.id) is running:
                del self._running[running.claimed.id]
            self._slots.give(1)


def _runner_of(claimed: Claimed) -> str:
    return str(cast("Mapping[str, Mapping[str, object]]", claimed.spec)["runner"]["name"])


async def _postpone(hints: Sequence[Hint], seconds: float) -> None:
    for hint in hints:
        await hint.postpone(seconds)


class Claiming:
    """The way in for the executions of one runner."""

    def __init__(
        self,
        bus: Bus,
        ledger: Ledger,
        slots: Slots,
        executions: Executions,
        presence: Presence,
        *,
        runner: str,
    ) -> None:
        self._consumer: HintConsumer = bus.consumer(
            EXECUTIONS, durable=f"executor_{runner}", filter_subject=bus.subjects.execution_run(runner)
        )
        self._ledger = ledger
        self._slots = slots
        self._executions = executions
        self._presence = presence
        self.runner = runner
        self._closed = False
        self._claiming = asyncio.Lock()

    async def run_once(self) -> bool:
        """Wait for hints, at most two seconds, and start what they point to."""
        free = await self._slots.wait(_FULL_WAIT)
        if self._closed:
            return False
        if free == 0:
            # What was asked for while there was room: others may have some.
            await _postpone(self._consumer.arrived(), _FULL_WAIT)
            return False
        hints = await self._consumer.fetch(min(free, _MOST_PER_CLAIM), wait=_WAIT)
        taken, started = self._slots.take(len(hints)), 0
        try:
            await _postpone(hints[taken:], _FULL_WAIT)
            async with self._claiming:
                started = await self._claim(hints[:taken]) if taken else 0
        finally:
            self._slots.give(taken - started)
        return bool(hints)

    async def adopt(self, ids: Sequence[ExecutionId]) -> None:
        """Run what an earlier claim started without us knowing."""
        async with self._claiming:
            if self._closed:
                return
            until = self._presence.ours_until()
            recalled = await self._ledger.recall(ids, self.runner)
            if boot_time() < until:
                for execution in recalled:
                    self._executions.adopt(execution)

    async def close(self) -> None:
        """Claim nothing more; what is being claimed at this moment is started first."""
        self._closed = True
        async with self._claiming:
            await self._consumer.close()

    async def _claim(self, hints: Sequence[Hint]) -> int:
        if self._closed or not self._presence.is_heard():
            await _postpone(hints, 0 if self._closed else 1.0)
            return 0
        ids = list(dict.fromkeys(ExecutionId(hint.payload.decode("ascii", "replace")) for hint in hints))
        until = self._presence.ours_until()
        try:
            claimed = await self._ledger.claim(ids, self.runner)
        except AWAY:
            await _postpone(hints, 1.0)
            raise
        if boot_time() >= until:
            # This process was frozen, or the database slow: others may have ended them. The heartbeats find out.
            claimed = []
        for execution in claimed:
            self._executions.start(execution)
        for hint in hints:
            await hint.acknowledge()
        return len(claimed)

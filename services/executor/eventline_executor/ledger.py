"""The executor's side of the ledger: group commits, and what must be said after each."""

from collections.abc import Sequence

from eventline_common.bus import Bus
from eventline_common.clock import Clock
from eventline_common.db.session import Database
from eventline_common.executions import (
    Claimed,
    Ended,
    Finish,
    Held,
    OutputChunk,
    StepAdvance,
    Waiting,
    advance_steps,
    append_output,
    claim,
    finish,
    recall,
    release,
)
from eventline_common.ids import ExecutionId
from eventline_common.runtime.batch import Batch
from eventline_common.runtime.patience import patiently
from eventline_executor.counters import Counters, start_delays

_CHUNKS_PER_FLUSH = 64


class Ledger:
    """Writes what happens to this executor's executions; waits out a database that is away.

    Every write is one statement of the ledger, which is a transaction by itself.
    """

    def __init__(
        self,
        database: Database,
        bus: Bus,
        clock: Clock,
        counters: Counters,
        *,
        executor_id: str,
        platform_limit: int | None,
        default_retention: int | None,
    ) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._counters = counters
        self._executor_id = executor_id
        self._platform_limit = platform_limit
        self._default_retention = default_retention
        self._advances: Batch[StepAdvance, bool] = Batch(self._flush_advances, limit=200, name="steps")
        self._finishes: Batch[Finish, bool] = Batch(self._flush_finishes, limit=200, name="finishes")
        self._chunks: Batch[OutputChunk, bool] = Batch(self._flush_chunks, limit=_CHUNKS_PER_FLUSH, name="output")

    async def claim(self, ids: Sequence[ExecutionId], runner: str) -> list[Claimed]:
        """Start those of the hinted executions that can start; say that they did."""
        now = self._clock.now()
        async with self._database.connection() as tx:
            claimed = await claim(
                tx,
                ids,
                executor_id=self._executor_id,
                runners=[runner],
                now=now,
                platform_limit=self._platform_limit,
            )
        self._counters.claimed(runner, hints=len(ids), delays=start_delays(claimed, now.timestamp()))
        for execution in claimed:
            await self._bus.publish(
                self._bus.subjects.execution_status(execution.project_id, "started"), execution.id.encode()
            )
        return claimed

    async def recall(self, ids: Sequence[ExecutionId], runner: str) -> list[Claimed]:
        """Return again what a claim started whose answer was lost on its way here."""
        async with self._database.connection() as tx:
            return await recall(tx, ids, executor_id=self._executor_id, runner=runner)

    async def advance(self, advance: StepAdvance) -> bool:
        """End a step and start the next; False when the execution is no longer ours."""
        return await patiently(lambda: self._advances.add(advance))

    async def finish(self, finish: Finish) -> bool:
        """End an execution; False when somebody else ended it before."""
        return await patiently(lambda: self._finishes.add(finish))

    async def append(self, chunk: OutputChunk) -> bool:
        """Store bytes of output, then show them to followers; False when the execution is no longer ours."""
        return await patiently(lambda: self._chunks.add(chunk))

    async def release(self, held: Sequence[Held]) -> None:
        """Let go of executions that ended without us and whose programs are gone."""

        async def once() -> Sequence[Waiting]:
            async with self._database.connection() as tx:
                return await release(tx, self._executor_id, held)

        await self._hint(await patiently(once))

    async def close(self) -> None:
        """Flush everything that waits."""
        for batch in (self._chunks, self._advances, self._finishes):
            await batch.close()

    async def _flush_advances(self, advances: Sequence[StepAdvance]) -> Sequence[bool]:
        async with self._database.connection() as tx:
            ours = await advance_steps(tx, advances, now=self._clock.now())
        return [advance.execution_id in ours for advance in advances]

    async def _flush_finishes(self, finishes: Sequence[Finish]) -> Sequence[bool]:
        async with self._database.connection() as tx:
            ended = await finish(tx, finishes, now=self._clock.now(), default_retention=self._default_retention)
        await self._announce(ended)
        ids = {execution.id for execution in ended}
        return [finish.execution_id in ids for finish in finishes]

    async def _flush_chunks(self, chunks: Sequence[OutputChunk]) -> Sequence[bool]:
        async with self._database.connection() as tx:
            ours = await append_output(tx, chunks)
        for chunk in chunks:
            if chunk.execution_id in ours:
                self._counters.output_stored(len(chunk.data))
                await self._bus.publish(self._bus.subjects.output(chunk.step_id), b"%d\n" % chunk.position + chunk.data)
        return [chunk.execution_id in ours for chunk in chunks]

    async def _announce(self, ended: Sequence[Ended]) -> None:
        subjects = self._bus.subjects
        await self._hint([execution.next for execution in ended if execution.next is not None])
        for execution in ended:
            await self._bus.publish(
                subjects.execution_status(execution.project_id, execution.status), execution.id.encode()
            )
        if any(execution.notified for execution in ended):
            await self._bus.publish(subjects.notification())
        if any(execution.followed for execution in ended):
            await self._bus.publish(subjects.subscription())

    async def _hint(self, waiting: Sequence[Waiting]) -> None:
        for execution in waiting:
            await self._bus.publish(self._bus.subjects.execution_run(execution.runner), execution.id.encode())

"""Follows one execution: rows are the truth, the bus only says early that there is more to read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from eventline_api.job_executions.execution import JobExecution, StepExecution
from eventline_api.live.hub import Hub
from eventline_api.live.inbox import Inbox
from eventline_api.live.messages import KEEP_ALIVE, Position, message
from eventline_api.live.progress import Progress
from eventline_api.live.store import Snapshot, find_snapshot
from eventline_api.step_executions.store import list_chunks
from eventline_common.bus import Subjects
from eventline_common.db.session import Database

# How late news may be when the bus says nothing.
LOOK_PERIOD = 1.0
KEEP_ALIVE_PERIOD = 15.0
_CHUNKS_AT_ONCE = 16


class Follower:
    """Yields the server-sent events of an execution until it is final and all its output is sent.

    Events: `execution`, `step` (before the first and after the last byte of its output), `output`, `restart` (forget
    what came before), `end`. The `id` of each is where a follower resumes.
    """

    def __init__(
        self, database: Database, hub: Hub, subjects: Subjects, execution: JobExecution, resumed: Position | None
    ) -> None:
        self._database = database
        self._hub = hub
        self._subjects = subjects
        self._execution = execution
        self._resumed = resumed

    async def messages(self) -> AsyncIterator[bytes]:
        """Yield messages; the first look decides what is listened to, so that nothing falls between rows and bus."""
        snapshot = await self._look()
        async with AsyncExitStack() as stack:
            if snapshot is None:
                yield self._gone()
                return
            inbox = self._inbox(snapshot)
            progress = Progress(snapshot, self._resumed)
            if not snapshot.final:
                statuses = self._subjects.execution_statuses(self._execution.project_id)
                outputs = [self._subjects.output(step.id) for step in snapshot.steps]
                await stack.enter_async_context(self._hub.listen(statuses, *outputs, listener=inbox.put))
            async for each in self._follow(inbox, progress):
                yield each

    async def _follow(self, inbox: Inbox, progress: Progress) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        spoke = loop.time()
        while not self._hub.closing:
            inbox.stale = False
            looked = loop.time()
            snapshot = await self._look()
            if snapshot is None:
                yield self._gone()
                return
            async for each in self._catch_up(snapshot, progress):
                yield each
                spoke = loop.time()
            if snapshot.final and progress.is_complete(snapshot):
                yield progress.end(snapshot)
                return
            async for each in self._listen(snapshot, inbox, progress, until=looked + LOOK_PERIOD):
                yield each
                spoke = loop.time()
            if loop.time() - spoke >= KEEP_ALIVE_PERIOD:
                yield KEEP_ALIVE
                spoke = loop.time()

    async def _look(self) -> Snapshot | None:
        async with self._database.connection() as tx:
            return await find_snapshot(tx, self._execution)

    async def _catch_up(self, snapshot: Snapshot, progress: Progress) -> AsyncIterator[bytes]:
        if restarted := progress.restart(snapshot):
            yield restarted
        if not snapshot.final and (said := progress.execution(snapshot)):
            yield said
        for step in snapshot.steps:
            if said := progress.step(step):
                yield said
            async for each in self._stored_output(step, progress):
                yield each
            if said := progress.step(step):
                yield said
        if snapshot.final and progress.is_complete(snapshot) and (said := progress.execution(snapshot)):
            yield said

    async def _stored_output(self, step: StepExecution, progress: Progress) -> AsyncIterator[bytes]:
        while (start := progress.offset(step.position)) < step.output_size:
            async with self._database.connection() as tx:
                chunks = await list_chunks(tx, step.id, start=start, end=step.output_size, limit=_CHUNKS_AT_ONCE)
            for chunk in chunks:
                if chunk.position > progress.offset(step.position):
                    return
                if said := progress.output(step, chunk):
                    yield said
            if not chunks:
                return

    async def _listen(
        self, snapshot: Snapshot, inbox: Inbox, progress: Progress, *, until: float
    ) -> AsyncIterator[bytes]:
        """Send output as it is said, until a look at the rows is due or necessary."""
        steps = {step.position: step for step in snapshot.steps}
        loop = asyncio.get_running_loop()
        while not inbox.stale and loop.time() < until:
            taken = inbox.take()
            if taken is None:
                await inbox.wait(until - loop.time())
                continue
            position, chunk = taken
            sent = progress.offset(position)
            # Output at the beginning after some was sent: another attempt. Output further on: some was missed.
            if chunk.position > sent or (chunk.position == 0 < sent) or not progress.is_announced(position):
                return
            if said := progress.output(steps[position], chunk):
                yield said

    def _inbox(self, snapshot: Snapshot) -> Inbox:
        return Inbox(self._execution.id, {self._subjects.output(step.id): step.position for step in snapshot.steps})

    def _gone(self) -> bytes:
        return message("end", {"job_execution_id": self._execution.id, "status": None, "deleted": True})

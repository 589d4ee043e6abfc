"""One execution in its pod: create, wait for its start, one exec per step, delete."""

import asyncio

from eventline_executor.runners.kubernetes.cluster import Cluster
from eventline_executor.runners.kubernetes.exec import ExecStreams
from eventline_executor.runners.kubernetes.frames import ConnectionLost
from eventline_executor.runners.kubernetes.items import ItemsOfRun
from eventline_executor.runners.kubernetes.outcome import KILLED, Outcome
from eventline_executor.runners.kubernetes.pod import JobPod
from eventline_executor.runners.kubernetes.programs import Report, new_nonce, told
from eventline_executor.runners.kubernetes.secrets import DIRECTORY
from eventline_executor.runners.pipe_output import DRAIN_TIME
from eventline_executor.runners.protocol import (
    ExecutionToRun,
    OutputSink,
    RunnerError,
    RunnerStopped,
    StepResult,
    StepToRun,
)
from eventline_executor.runners.remote_output import RemoteOutput

# What is still on its way when a pod ended.
_TAIL_TIME = 5.0


class KubernetesRunner:
    """Runs the steps of one execution; see `Runner` for what each method promises."""

    def __init__(self, execution: ExecutionToRun, cluster: Cluster, *, kill_delay: float) -> None:
        self._pod = JobPod(cluster, execution, kill_delay=kill_delay)
        self._outcome = Outcome(self._pod, memory_limit=execution.runner_parameters.get("memory_limit") or 0)
        self._preparing: asyncio.Task[None] | None = None
        self._copying: asyncio.Timeout | None = None
        self._stopping: asyncio.Future[None] | None = None
        self._dropping: set[asyncio.Task[None]] = set()
        self._killed = False

    async def prepare(self) -> None:
        """Create the pod with its files, and wait until it runs."""
        self._refuse_if_stopped()
        self._preparing = asyncio.create_task(self._prepare(), name="kubernetes prepare")
        try:
            await asyncio.wait((self._preparing,))
            failed = self._preparing.cancelled() or self._preparing.exception() is not None
            self._refuse_if_stopped()
            if failed:
                self._preparing.result()
        finally:
            self._preparing.cancel()

    async def run_step(self, step: StepToRun, output: OutputSink) -> StepResult:
        """Run a program in the pod."""
        self._refuse_if_stopped()
        try:
            streams = await self._pod.execute("run", failure=f'cannot run "{step.program}"')
        except RunnerError:
            if self._stopping is not None:
                return KILLED
            explained = await self._outcome.of_lost_pod()
            if explained is None:
                raise
            return explained
        return await self._run_step(step, streams, output)

    async def stop(self) -> None:
        """End all programs: TERM to all, KILL to what is left when the kill delay is over."""
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop())
        await asyncio.shield(self._stopping)

    async def cleanup(self) -> None:
        """Delete the pod."""
        if self._stopping is not None:
            await asyncio.wait((self._stopping,))
        try:
            await self._pod.remove()
        finally:
            for task in self._dropping:
                task.cancel()
            await asyncio.gather(*self._dropping, return_exceptions=True)

    async def _prepare(self) -> None:
        await self._pod.create()
        await self._pod.start()

    async def _run_step(self, step: StepToRun, streams: ExecStreams, output: OutputSink) -> StepResult:
        nonce = new_nonce()
        items = ItemsOfRun(streams, nonce)
        path = f"{DIRECTORY}/{step.program}" if step.command is None else step.command
        try:
            report = await self._copy(items, told(nonce, path, step.arguments), streams, output)
        except BaseException:
            streams.close()
            raise
        self._drop(streams, over=items.over)
        if report is not None:
            return await self._outcome.of_report(report, step.program, stopping=self._stopping is not None)
        if self._stopping is not None:
            return KILLED
        return await self._outcome.without_report(items.end, step.program)

    async def _copy(
        self, items: ItemsOfRun, told_to_run: bytes, streams: ExecStreams, output: OutputSink
    ) -> Report | None:
        """Tell `run` what to run, and pass on its output; return its report, None without one."""
        watching = asyncio.create_task(self._limit_copying(), name="kubernetes pod watched")
        try:
            async with asyncio.timeout(DRAIN_TIME if self._killed else None) as self._copying:
                await streams.send(told_to_run)
                streams.keep_alive()
                return await RemoteOutput[Report](items.next, asyncio.Event()).copy(output)
        except TimeoutError:
            if self._stopping is not None:
                raise RunnerStopped("stopped while its output was being stored") from None
            return None
        except ConnectionLost:
            return None
        finally:
            self._copying = None
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _limit_copying(self) -> None:
        """Once nothing more can be expected of the pod, wait only for what is on its way."""
        await self._outcome.lost()
        if self._copying is not None and self._stopping is None:
            self._copying.reschedule(asyncio.get_running_loop().time() + _TAIL_TIME)

    def _drop(self, streams: ExecStreams, *, over: bool) -> None:
        """Keep reading what background processes print, which would block or die otherwise, and forget it."""
        if over:
            streams.close()
            return
        task = asyncio.create_task(_read_and_forget(streams), name="kubernetes output dropped")
        self._dropping.add(task)
        task.add_done_callback(self._dropping.discard)

    async def _stop(self) -> None:
        if self._preparing is not None and not self._preparing.done():
            self._preparing.cancel()
            await asyncio.wait((self._preparing,))
        try:
            await self._pod.end()
        finally:
            self._killed = True
            if self._copying is not None:
                self._copying.reschedule(asyncio.get_running_loop().time() + DRAIN_TIME)

    def _refuse_if_stopped(self) -> None:
        if self._stopping is not None:
            raise RunnerStopped("stopped before its end")


async def _read_and_forget(streams: ExecStreams) -> None:
    try:
        while await streams.next() is not None:
            pass
    except RunnerError:
        pass  # the connection broke, and nobody needs it
    finally:
        streams.close()

"""One execution in its container: get the image, create, copy, start, one exec per step, remove."""

import asyncio
import signal
from collections.abc import Sequence

from eventline_executor.runners.docker.archive import DIRECTORY, RUN
from eventline_executor.runners.docker.container import Container
from eventline_executor.runners.docker.hijacked import Frames
from eventline_executor.runners.docker.host import DockerHost
from eventline_executor.runners.docker.programs import NotExecuted
from eventline_executor.runners.docker.pulling import Pulling
from eventline_executor.runners.docker.reports import ItemsOfRun
from eventline_executor.runners.failures import result_of_status
from eventline_executor.runners.pipe_output import DRAIN_TIME
from eventline_executor.runners.protocol import (
    ExecutionToRun,
    Killed,
    OutputSink,
    RunnerError,
    RunnerStopped,
    StepResult,
    StepToRun,
)
from eventline_executor.runners.remote_output import RemoteOutput

_INSPECTIONS, _INSPECTION_PAUSE = 3, 0.1
_KILLED = Killed(signal.SIGKILL.value)


class DockerRunner:
    """Runs the steps of one execution; see `Runner` for what each method promises."""

    def __init__(self, execution: ExecutionToRun, host: DockerHost, *, kill_delay: float) -> None:
        parameters = execution.runner_parameters
        self._execution = execution
        self._host = host
        self._kill_delay = kill_delay
        self._memory_limit: int = parameters.get("memory_limit") or 0
        self._pulling = Pulling(
            host,
            parameters["image"],
            policy=parameters.get("pull_policy") or "always",
            identity=execution.runner_identity,
        )
        self._container: Container | None = None
        self._copying: asyncio.Timeout | None = None
        self._stopping: asyncio.Future[None] | None = None
        self._killed = False
        self._prepared, self._step_ended = asyncio.Event(), asyncio.Event()
        self._prepared.set()
        self._step_ended.set()

    def tell(self, output: OutputSink) -> None:
        """Write the progress of a pull there."""
        self._pulling.progress = output

    async def prepare(self) -> None:
        """Get the image, create the container with its files, and start it."""
        self._refuse_if_stopped()
        self._prepared.clear()
        try:
            await self._prepare()
        except RunnerError:
            self._refuse_if_stopped()
            raise
        finally:
            self._prepared.set()
        self._refuse_if_stopped()

    async def run_step(self, step: StepToRun, output: OutputSink) -> StepResult:
        """Run a program in the container."""
        self._refuse_if_stopped()
        self._step_ended.clear()
        try:
            return await self._run_step(step, output)
        finally:
            self._step_ended.set()

    async def stop(self) -> None:
        """End all programs: TERM to all, KILL to what is left when the step ended or the kill delay is over."""
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop())
        await asyncio.shield(self._stopping)

    async def cleanup(self) -> None:
        """Remove the container."""
        if self._stopping is not None:
            await asyncio.wait((self._stopping,))
        if self._container is not None:
            await self._container.remove()

    async def _prepare(self) -> None:
        image = await self._pulling.run()
        self._refuse_if_stopped()
        self._container = Container(self._host, await self._host.engine(), self._execution, image)
        for stage in (self._container.create, self._container.copy_files, self._container.start):
            await stage()
            self._refuse_if_stopped()

    async def _run_step(self, step: StepToRun, output: OutputSink) -> StepResult:
        container = self._running_container()
        command = await self._command(container, step)
        exec_id, stream = await container.execute(step.program, command)
        try:
            end = await self._copy(ItemsOfRun(Frames(stream.read)), output)
        finally:
            stream.close()
        match end:
            case NotExecuted(reason):
                raise RunnerError(f'cannot run "{step.program}": {reason}')
            case None:
                return await self._result_without_report(container, exec_id)
        return await self._explained(container, end)

    async def _command(self, container: Container, step: StepToRun) -> Sequence[str]:
        path = f"{DIRECTORY}/{step.program}" if step.command is None else step.command
        if "/" not in path:
            found = await container.find_program(path)
            if found is None:
                raise RunnerError(f'cannot run "{path}": program not found in PATH of the container')
            path = found
        return (RUN, path, *step.arguments)

    async def _copy(self, items: ItemsOfRun, output: OutputSink) -> "StepResult | NotExecuted | None":
        try:
            async with asyncio.timeout(DRAIN_TIME if self._killed else None) as self._copying:
                copied = RemoteOutput[StepResult | NotExecuted](items.next, self._step_ended)
                return await copied.copy(output)
        except TimeoutError:
            raise RunnerStopped("stopped while its output was being stored") from None
        finally:
            self._copying = None

    async def _result_without_report(self, container: Container, exec_id: str) -> StepResult:
        """Find out how a program ended when `run` could not tell: it was killed, too, or the container is gone."""
        if self._stopping is not None:
            return _KILLED
        for _ in range(_INSPECTIONS):
            found = await container.inspect()
            if found is None:
                raise RunnerError("the container was removed by somebody else")
            if not found["State"]["Running"]:
                if found["State"]["OOMKilled"]:
                    return self._out_of_memory()
                raise RunnerError("the container was ended by somebody else")
            await asyncio.sleep(_INSPECTION_PAUSE)  # it may be about to end
        status = await container.exit_status(exec_id)
        if status is None:
            raise RunnerError("connection to docker lost")
        return await self._explained(container, result_of_status(status))

    async def _explained(self, container: Container, result: StepResult) -> StepResult:
        """Say it when a program was killed because the memory of the container was exhausted."""
        if result != _KILLED or not self._memory_limit or self._stopping is not None:
            return result
        return self._out_of_memory() if await container.ran_out_of_memory() else result

    def _out_of_memory(self) -> StepResult:
        limit = f"memory limit of {self._memory_limit} MB" if self._memory_limit else "memory of the docker host"
        return Killed(f"{_KILLED.signal} ({limit} exhausted)")

    async def _stop(self) -> None:
        self._pulling.interrupt()
        await self._prepared.wait()
        try:
            if self._container is not None:
                await self._end_container(self._container)
        finally:
            self._killed = True
            if self._copying is not None:
                self._copying.reschedule(asyncio.get_running_loop().time() + DRAIN_TIME)

    async def _end_container(self, container: Container) -> None:
        container.ask_to_end()
        try:
            async with asyncio.timeout(self._kill_delay):
                await self._step_ended.wait()
        except TimeoutError:
            pass  # then it gets no more time
        await container.kill()

    def _running_container(self) -> Container:
        if self._container is None:
            raise RunnerError("the execution was not prepared")
        return self._container

    def _refuse_if_stopped(self) -> None:
        if self._stopping is not None:
            raise RunnerStopped("stopped before its end")

"""The local runner: programs run on the executor's machine (handbook 4.1, contract/execution.md section 15)."""

import asyncio
import os
from typing import Self

from eventline_common.logging import get_logger
from eventline_common.settings import Settings
from eventline_common.settings.runners import LocalRunnerSettings
from eventline_executor.runners.failures import result_of_status
from eventline_executor.runners.local_keepers import Keeper, KeeperLost, Keepers, Program
from eventline_executor.runners.local_recovery import prepare_root_directory, remove_leftovers
from eventline_executor.runners.pipe_output import DRAIN_TIME, PipeOutput
from eventline_executor.runners.protocol import (
    ExecutionToRun,
    Killed,
    OutputSink,
    RunnerError,
    RunnerStopped,
    StepResult,
    StepToRun,
)

# How long background processes of an execution that ended by itself may take after TERM.
_LEFTOVER_DELAY = 1.0
_CLEANING_ATTEMPTS = 3
# How many keepers wait for the next executions at most: each has 1.6 MB of its own.
_MOST_IDLE = 256


class LocalRunner:
    """Runs the steps of one execution in `<root directory>/<execution id>`.

    What a step leaves running serves the steps after it and is ended by `cleanup`; nothing survives the execution,
    whatever it did to hide (see `local_spawner`).
    """

    def __init__(self, execution: ExecutionToRun, keepers: Keepers, *, directory: str, kill_delay: float) -> None:
        self._execution = execution
        self._keepers = keepers
        self._directory = directory
        self._kill_delay = kill_delay
        self._keeper: Keeper | None = None
        self._outputs: list[PipeOutput] = []
        self._copying: asyncio.Timeout | None = None
        self._stopping: asyncio.Future[None] | None = None
        self._stopped = False

    async def prepare(self) -> None:
        """Create the directory, wiping what is there, and start the first step; see `Runner.prepare`."""
        self._refuse_if_stopped()
        try:
            await self._prepare(self._keepers.take())
        except KeeperLost:
            self._refuse_if_stopped()
            if self._keeper is not None and self._keeper.may_run:
                raise
            await self._prepare(self._keepers.fork())  # nothing has run yet, so another keeper may take over
        self._refuse_if_stopped()

    async def run_step(self, step: StepToRun, output: OutputSink) -> StepResult:
        """Run a program; see `Runner.run_step`."""
        self._refuse_if_stopped()
        keeper = self._prepared()
        pipe = await keeper.start(self._program(step))
        self._outputs.append(pipe)
        try:
            await self._copy(pipe, output, keeper.ended)
            status = await keeper.ended
        finally:
            pipe.drop()
        return Killed(-status) if status < 0 else result_of_status(status)

    async def stop(self) -> None:
        """End all programs; see `Runner.stop`. Takes at most the kill delay and a few seconds."""
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop())
        await asyncio.shield(self._stopping)

    async def cleanup(self) -> None:
        """End what is left and remove the directory; see `Runner.cleanup`."""
        if self._stopping is not None:
            await asyncio.wait((self._stopping,))
        # From here on the keeper is not ours to stop: it serves another execution as soon as it has cleaned up.
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        try:
            await self._clean_patiently(keeper)
        finally:
            for pipe in self._outputs:
                pipe.close()

    async def _prepare(self, keeper: Keeper) -> None:
        self._keeper = keeper
        environment = {**self._execution.environment, "EVENTLINE_DIR": self._directory, "HOME": self._directory}
        first = self._program(self._execution.steps[0]) if self._execution.steps else None
        await keeper.prepare(self._directory, environment, self._execution.files, first)

    def _program(self, step: StepToRun) -> Program:
        is_last = step.position == len(self._execution.steps)
        return Program(step.program, step.arguments, is_last)

    async def _clean_patiently(self, keeper: Keeper) -> None:
        """Clean with another keeper when one is killed, such as by the fence."""
        for _ in range(_CLEANING_ATTEMPTS - 1):
            try:
                return await self._clean(keeper)
            except KeeperLost:
                keeper = self._keepers.fork()
        return await self._clean(keeper)

    async def _clean(self, keeper: Keeper) -> None:
        try:
            await keeper.clean(min(_LEFTOVER_DELAY, self._kill_delay), self._directory)
        except RunnerError:
            keeper.close()
            raise
        self._keepers.give_back(keeper)

    async def _stop(self) -> None:
        if self._keeper is None:
            return
        try:
            await self._keeper.stop(self._kill_delay)
        except KeeperLost:
            return  # the spawner kills what it watched over
        except RunnerError:
            self._keeper.close()
            raise
        finally:
            self._stopped = True
            if self._copying is not None:
                self._copying.reschedule(asyncio.get_running_loop().time() + DRAIN_TIME)

    def _prepared(self) -> Keeper:
        if self._keeper is None:
            raise RunnerError("the execution was not prepared")
        return self._keeper

    async def _copy(self, pipe: PipeOutput, output: OutputSink, ended: "asyncio.Future[int]") -> None:
        try:
            async with asyncio.timeout(DRAIN_TIME if self._stopped else None) as self._copying:
                await pipe.copy(output, ended)
        except TimeoutError:
            raise RunnerStopped("stopped while its output was being stored") from None
        finally:
            self._copying = None

    def _refuse_if_stopped(self) -> None:
        if self._stopping is not None:
            raise RunnerStopped("stopped before its end")


class LocalRunners:
    """The local runner of one executor (a `RunnerFactory`)."""

    def __init__(self, settings: LocalRunnerSettings, *, kill_delay: float, most_at_once: int = 64) -> None:
        self._settings = settings
        self._kill_delay = kill_delay
        self._keepers = Keepers(user=settings.user, most_idle=min(most_at_once, _MOST_IDLE))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Build it from the settings of the executor."""
        executor = settings.executor
        return cls(settings.runners.local, kill_delay=executor.kill_delay, most_at_once=executor.max_executions)

    async def recover(self) -> None:
        """End the programs and remove the directories of executors that died on this machine; start the spawner."""
        if os.geteuid() == 0 and not self._settings.user:
            get_logger("executor").warning("local_programs_run_as_root", setting="runners.local.user")
        await asyncio.to_thread(prepare_root_directory, self._settings.root_directory, self._settings.user)
        await asyncio.to_thread(remove_leftovers, self._settings.root_directory)
        self._keepers.start()

    def fence(self, moment: float) -> None:
        """See `Fenced`: the spawner does it, even when this process is frozen."""
        self._keepers.fence(moment)

    def create(self, execution: ExecutionToRun) -> LocalRunner:
        """Return the runner of an execution."""
        directory = str(self._settings.root_directory / execution.id)
        return LocalRunner(execution, self._keepers, directory=directory, kill_delay=self._kill_delay)

    async def close(self) -> None:
        """End the spawner and its keepers."""
        await self._keepers.close()

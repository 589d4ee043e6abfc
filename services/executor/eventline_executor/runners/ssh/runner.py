"""One execution on another machine: connect, copy, one channel per step, clean up."""

import asyncio
import secrets
from collections.abc import Sequence

import asyncssh

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
from eventline_executor.runners.ssh.channel import Command, start_command
from eventline_executor.runners.ssh.connection import Connections
from eventline_executor.runners.ssh.items import StepItems
from eventline_executor.runners.ssh.scripts import command_line, step_script
from eventline_executor.runners.ssh.target import Target
from eventline_executor.runners.ssh.workspace import Workspace

# OpenSSH allows ten on a connection by default (MaxSessions); the keeper, SFTP and the next step need one each.
_CHANNELS_LEFT = 5


class SshRunner:
    """Runs the steps of one execution; see `Runner` for what each method promises."""

    def __init__(
        self,
        execution: ExecutionToRun,
        connections: Connections,
        target: Target,
        workspace: Workspace,
        *,
        kill_delay: float,
    ) -> None:
        self._execution = execution
        self._connections = connections
        self._target = target
        self._workspace = workspace
        self._kill_delay = kill_delay
        self._connection: asyncssh.SSHClientConnection | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._copying: asyncio.Timeout | None = None
        self._stopping: asyncio.Future[None] | None = None
        self._left: Sequence[Command] = ()
        self._killed = False
        self._step_ended = asyncio.Event()
        self._step_ended.set()

    async def prepare(self) -> None:
        """Connect, log in and copy the files."""
        self._refuse_if_stopped()
        self._preparing = asyncio.ensure_future(self._prepare())
        await asyncio.wait((self._preparing,))
        self._refuse_if_stopped()
        self._preparing.result()

    async def run_step(self, step: StepToRun, output: OutputSink) -> StepResult:
        """Run a program over there."""
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
        """End what is left, remove the directory, and disconnect."""
        if self._stopping is not None:
            await asyncio.wait((self._stopping,))
        if self._connection is None:
            return
        try:
            await self._workspace.remove()
        finally:
            self._connection.close()
            await self._connection.wait_closed()

    async def _prepare(self) -> None:
        self._connection = await self._connections.connect(self._target, self._execution.runner_identity)
        await self._workspace.create(self._connection)

    async def _run_step(self, step: StepToRun, output: OutputSink) -> StepResult:
        connection = self._connected()
        complaint, variables = secrets.token_hex(16), self._variables()
        script = step_script(
            step,
            self._execution.files.get(step.program) if step.command is None else None,
            directory=self._workspace.directory,
            control=self._workspace.control,
            complaint=complaint,
            inline=variables if self._target.inline else {},
        )
        path = await self._workspace.add_script(f"step-{step.position}", script)
        requested = {} if self._target.inline else variables
        command = await start_command(connection, command_line(path), requested)
        items = StepItems(command, complaint)
        try:
            result = await self._copy(items, output)
        except BaseException:
            command.close()
            raise
        self._leave(command)
        if items.refusal:
            raise RunnerError(f'cannot run "{step.program}": {items.refusal}')
        if result is None:
            if self._stopping is not None:
                return Killed("KILL")
            reason = f": {command.loss}" if command.loss else ""
            raise RunnerError(f'connection to "{self._target.address}" lost{reason}')
        return result

    def _leave(self, command: Command) -> None:
        """Let background processes of a step that ended go on printing; servers allow few channels, so not for all."""
        command.drop()
        self._left = [*(left for left in self._left if not left.closed.is_set()), command]
        for oldest in self._left[:-_CHANNELS_LEFT]:
            oldest.close()

    def _variables(self) -> dict[str, str]:
        return {**self._execution.environment, "EVENTLINE_DIR": self._workspace.directory}

    async def _copy(self, items: StepItems, output: OutputSink) -> StepResult | None:
        try:
            async with asyncio.timeout(DRAIN_TIME if self._killed else None) as self._copying:
                return await RemoteOutput[StepResult](items.next, self._step_ended).copy(output)
        except TimeoutError:
            raise RunnerStopped("stopped while its output was being stored") from None
        finally:
            self._copying = None

    async def _stop(self) -> None:
        if self._preparing is not None and not self._preparing.done():
            # Copying goes on for a moment, because what was created must be removed.
            await asyncio.wait((self._preparing,), timeout=self._kill_delay if self._connection else 0)
            self._preparing.cancel()
            await asyncio.wait((self._preparing,))
        try:
            await self._end_programs()
        finally:
            self._killed = True
            if self._copying is not None:
                self._copying.reschedule(asyncio.get_running_loop().time() + DRAIN_TIME)

    async def _end_programs(self) -> None:
        await self._workspace.signal("term")
        try:
            async with asyncio.timeout(self._kill_delay):
                await self._step_ended.wait()
        except TimeoutError:
            pass  # then it gets no more time
        await self._workspace.signal("kill")

    def _connected(self) -> asyncssh.SSHClientConnection:
        if self._connection is None:
            raise RunnerError("the execution was not prepared")
        return self._connection

    def _refuse_if_stopped(self) -> None:
        if self._stopping is not None:
            raise RunnerStopped("stopped before its end")

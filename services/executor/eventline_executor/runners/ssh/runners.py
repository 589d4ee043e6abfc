"""What an executor keeps for the ssh runner."""

from typing import Self

from eventline_common.settings import Settings
from eventline_common.settings.runners import SshRunnerSettings
from eventline_executor.runners.protocol import ExecutionToRun
from eventline_executor.runners.ssh.connection import Connections, Deadlines
from eventline_executor.runners.ssh.runner import SshRunner
from eventline_executor.runners.ssh.target import Target
from eventline_executor.runners.ssh.workspace import Workspace


class SshRunners:
    """The ssh runner of one executor (a `RunnerFactory`).

    There is nothing to recover: when an executor dies, the keepers of its executions notice, end the programs and
    remove the directories on their machines.
    """

    def __init__(self, settings: SshRunnerSettings, *, kill_delay: float, deadlines: Deadlines | None = None) -> None:
        self._settings = settings
        self._connections = Connections(settings, deadlines or Deadlines())
        self._kill_delay = kill_delay

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Build it from the settings of the executor."""
        return cls(settings.runners.ssh, kill_delay=settings.executor.kill_delay)

    async def recover(self) -> None:
        """Do nothing: see above."""

    def create(self, execution: ExecutionToRun) -> SshRunner:
        """Return the runner of an execution."""
        target = Target.of(execution.runner_parameters)
        workspace = Workspace(self._settings.root_directory, target.user, execution)
        return SshRunner(execution, self._connections, target, workspace, kill_delay=self._kill_delay)

    async def close(self) -> None:
        """Do nothing: every execution closed its own connection."""

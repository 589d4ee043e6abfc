"""What an executor keeps for the docker runner."""

from typing import Self

from eventline_common.logging import get_logger
from eventline_common.settings import Settings
from eventline_common.settings.runners import DockerRunnerSettings
from eventline_executor.runners.docker.host import DockerHost
from eventline_executor.runners.docker.runner import DockerRunner
from eventline_executor.runners.protocol import ExecutionToRun, RunnerError


class DockerRunners:
    """The docker runner of one executor (a `RunnerFactory`).

    The daemon need not be there when the executor starts: executions fail with `cannot create client: …` until it is,
    and leftovers are removed as soon as it is reached for the first time.
    """

    def __init__(self, settings: DockerRunnerSettings, *, kill_delay: float) -> None:
        self._host = DockerHost(settings)
        self._kill_delay = kill_delay

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Build it from the settings of the executor."""
        return cls(settings.runners.docker, kill_delay=settings.executor.kill_delay)

    async def recover(self) -> None:
        """Remove the containers of executors that died; a daemon that cannot be reached is not an error yet."""
        try:
            await self._host.engine()
        except RunnerError as error:
            get_logger("executor").info("docker_not_reached", error=str(error))

    def create(self, execution: ExecutionToRun) -> DockerRunner:
        """Return the runner of an execution."""
        return DockerRunner(execution, self._host, kill_delay=self._kill_delay)

    async def close(self) -> None:
        """Close all connections."""
        await self._host.close()

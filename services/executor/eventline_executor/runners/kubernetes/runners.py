"""What an executor keeps for the kubernetes runner."""

import asyncio
from typing import Self

from eventline_common.logging import get_logger
from eventline_common.settings import Settings
from eventline_common.settings.runners import KubernetesRunnerSettings
from eventline_executor.runners.kubernetes.cluster import Cluster, Patience
from eventline_executor.runners.kubernetes.runner import KubernetesRunner
from eventline_executor.runners.protocol import ExecutionToRun, RunnerError

# Longer than the removal of leftovers takes; a cluster that does not answer must not keep other runners waiting.
_RECOVERY_TIME = 20.0


class KubernetesRunners:
    """The kubernetes runner of one executor (a `RunnerFactory`).

    The cluster need not be there when the executor starts: executions fail with a message until it is, and leftovers
    are removed as soon as it is reached for the first time.
    """

    def __init__(
        self, settings: KubernetesRunnerSettings, *, kill_delay: float, patience: Patience | None = None
    ) -> None:
        self._cluster = Cluster(settings, patience or Patience())
        self._kill_delay = kill_delay

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Build it from the settings of the executor."""
        return cls(settings.runners.kubernetes, kill_delay=settings.executor.kill_delay)

    async def recover(self) -> None:
        """Remove the pods of executors that died; a cluster that cannot be reached is not an error yet."""
        try:
            async with asyncio.timeout(_RECOVERY_TIME):
                await self._cluster.namespace(self._cluster.settings.namespace)
        except (RunnerError, TimeoutError) as error:
            get_logger("executor").info("kubernetes_not_reached", error=str(error) or "it does not answer")

    def create(self, execution: ExecutionToRun) -> KubernetesRunner:
        """Return the runner of an execution."""
        return KubernetesRunner(execution, self._cluster, kill_delay=self._kill_delay)

    async def close(self) -> None:
        """Close all connections."""
        await self._cluster.close()

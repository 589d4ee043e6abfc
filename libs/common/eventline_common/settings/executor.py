"""Settings of the executor; times are in seconds."""

from dataclasses import dataclass

from eventline_common.settings.block import Block
from eventline_common.settings.runners import RUNNER_NAMES


@dataclass(frozen=True, slots=True)
class ExecutorSettings:
    """Settings `executor`.

    `runners` are those that it serves, `max_executions` how many executions it runs at a time, `shutdown_grace` how
    long they may still run when it is told to stop, `kill_delay` how long a program may take to end before it is
    killed, `timeout` after how long a silence an executor counts as lost.
    """

    runners: tuple[str, ...] = RUNNER_NAMES
    max_executions: int = 64
    shutdown_grace: float = 10.0
    kill_delay: float = 5.0
    timeout: float = 10.0


def read_executor(block: Block) -> ExecutorSettings:
    """Read `executor`."""
    default = ExecutorSettings()
    return ExecutorSettings(
        runners=block.choices("runners", RUNNER_NAMES),
        max_executions=block.integer("max_executions", default.max_executions, least=1, most=10_000),
        shutdown_grace=block.number("shutdown_grace", default.shutdown_grace, least=0),
        kill_delay=block.number("kill_delay", default.kill_delay, least=0),
        timeout=block.number("timeout", default.timeout, least=1),
    )

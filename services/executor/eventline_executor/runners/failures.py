"""How the end of a program becomes a failure message (contract/execution.md sections 8 and 19)."""

from typing import assert_never

from eventline_executor.runners.protocol import Exited, Killed, StepResult

FIRST_SIGNAL_STATUS = 128


def failure_text(result: StepResult) -> str | None:
    """Return the step's failure message, or None for success."""
    match result:
        case Exited(0):
            return None
        case Exited(status):
            return f"program exited with status {status}"
        case Killed(signal):
            return f"program killed by signal {signal}"
        case _:
            assert_never(result)


def result_of_status(status: int) -> StepResult:
    """Read an exit status as shells write it: from 128 it stands for a signal (local, docker and kubernetes)."""
    return Exited(status) if status < FIRST_SIGNAL_STATUS else Killed(status - FIRST_SIGNAL_STATUS)

"""The table of contract/execution.md sections 8 and 19."""

import pytest

from eventline_executor.runners.failures import failure_text, result_of_status
from eventline_executor.runners.protocol import Exited, Killed, StepResult


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (Exited(0), None),
        (Exited(1), "program exited with status 1"),
        (Exited(127), "program exited with status 127"),
        (Exited(200), "program exited with status 200"),
        (Killed(9), "program killed by signal 9"),
        (Killed("KILL"), "program killed by signal KILL"),
    ],
)
def test_the_end_of_a_program_reads_as_the_contract_says(result: StepResult, text: str | None) -> None:
    assert failure_text(result) == text


@pytest.mark.parametrize(
    ("status", "result"), [(0, Exited(0)), (127, Exited(127)), (128, Killed(0)), (137, Killed(9)), (255, Killed(127))]
)
def test_statuses_from_128_stand_for_signals(status: int, result: StepResult) -> None:
    assert result_of_status(status) == result

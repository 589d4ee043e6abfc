"""How programs end, and how that is told (contract/execution.md sections 7, 8 and 19)."""

import pytest

from eventline_executor.runners.failures import failure_text
from eventline_executor.runners.protocol import Exited, RunnerError, RuntimeFile, StepToRun
from tests.contract.runners.conftest import Subject, died_of, execution, prepared, run


@pytest.mark.parametrize("status", [0, 1, 42, 126, 127])
async def test_an_exit_status_is_reported_as_it_is(subject: Subject, status: int) -> None:
    result, _ = await run(subject, execution(f"exit {status}"))

    assert result == Exited(status)


@pytest.mark.parametrize(("name", "number"), [("KILL", 9), ("TERM", 15), ("USR1", 10), ("HUP", 1), ("PIPE", 13)])
async def test_a_program_that_dies_of_a_signal_is_reported_as_killed_by_it(
    subject: Subject, name: str, number: int
) -> None:
    result, _ = await run(subject, execution(f"kill -{name} $$"))

    assert died_of(result) == number


async def test_an_exit_status_above_127_is_told_as_the_contract_says(subject: Subject) -> None:
    result, _ = await run(subject, execution("exit 137"))

    expected = "program exited with status 137" if subject.name == "ssh" else "program killed by signal 9"
    assert failure_text(result) == expected


async def test_a_step_that_failed_does_not_keep_the_next_one_from_running(subject: Subject) -> None:
    async with prepared(subject, execution("exit 3", "exit 4")) as runner:
        results = [await runner.run_step(StepToRun(position), _Nowhere()) for position in (1, 2)]

    assert results == [Exited(3), Exited(4)]


async def test_a_command_is_found_in_the_path_and_gets_its_arguments_untouched(subject: Subject) -> None:
    arguments = ("%s\\n", "a b", "", "$HOME", "*", "'\"", "é", "line\nbreak", "-x", "~", "`id`")

    result, output = await run(subject, execution(), StepToRun(1, command="printf", arguments=arguments))

    assert result == Exited(0)
    assert output.decode() == "".join(f"{argument}\n" for argument in arguments[1:])


async def test_a_script_gets_its_arguments_untouched(subject: Subject) -> None:
    to_run = execution('for argument in "$@"; do echo "<$argument>"; done')

    _, output = await run(subject, to_run, StepToRun(1, arguments=("a b", "", "$HOME", "*", "x;y", "\\")))

    assert output == b"<a b>\n<>\n<$HOME>\n<*>\n<x;y>\n<\\>\n"


async def test_a_program_that_does_not_exist_is_an_error_that_names_it(subject: Subject) -> None:
    with pytest.raises(RunnerError, match="no-such-program"):
        await run(subject, execution(), StepToRun(1, command="no-such-program"))


async def test_an_interpreter_that_does_not_exist_is_an_error_that_names_the_step(subject: Subject) -> None:
    files = {"steps/1": RuntimeFile(b"#!/no/such/interpreter\n", executable=True)}

    with pytest.raises(RunnerError, match=r"steps/1.*no such file"):
        await run(subject, execution(files=files))


class _Nowhere:
    async def write(self, data: bytes) -> None:
        return

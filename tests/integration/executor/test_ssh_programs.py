"""What programs find on the other machine, and what is left of them (execution.md 17, G-26, G-27, G-30)."""

import asyncio
import getpass
import os
import signal
import string
from pathlib import Path
from typing import Any

import pytest

from eventline_executor.runners.protocol import ExecutionToRun, Exited, RunnerError, RuntimeFile, StepResult, StepToRun
from tests.contract.runners.conftest import Sink, execution, running, unique_sleep, wait_until
from tests.contract.runners.ssh_subject import Server, gone, ssh_runners, ssh_server, temporary_folder
from tests.integration.executor.documented import is_documented
from tests.integration.executor.dying_executor import executor

AWKWARD = ("", string.printable, "'", "''\\'", "-n", "~", "# no comment", "!!", "a\nb\n", "\t", "$(id)`id`", "é😀", "*")


async def run(
    server: Server, to_run: ExecutionToRun, step: StepToRun | None = None, **parameters: Any
) -> tuple[StepResult, str]:
    sink = Sink()
    async with ssh_runners(server, **parameters) as factory:
        runner = factory.create(to_run)
        try:
            await runner.prepare()
            result = await runner.run_step(step or StepToRun(1), sink)
        finally:
            await runner.cleanup()
    return result, sink.data.decode()


@pytest.mark.parametrize("mode", ["env", "inline"])
async def test_every_argument_arrives_exactly(server: Server, mode: str) -> None:
    text = 'for argument in "$@"; do printf \'%s\\0\' "$argument"; done'

    _, output = await run(server, execution(text), StepToRun(1, arguments=AWKWARD), environment=mode)

    assert output == "".join(f"{argument}\0" for argument in AWKWARD)


async def test_every_variable_arrives_exactly_inline_whatever_the_server_accepts() -> None:
    variables = {f"ANY_{number}": value for number, value in enumerate(AWKWARD)}
    names = " ".join(f'"${name}"' for name in variables)
    with temporary_folder() as name, ssh_server(Path(name), "AcceptEnv NOTHING") as server:
        to_run = execution(f"printf '%s\\0' {names}", environment=variables)
        _, output = await run(server, to_run, environment="inline")

    assert output == "".join(f"{value}\0" for value in variables.values())


async def test_a_variable_that_the_server_refuses_is_named_and_nothing_runs(server: Server, open_folder: Path) -> None:
    to_run = execution(f"touch {open_folder}/ran", environment={"MY_OWN": "1"})

    with pytest.raises(RunnerError) as raised:
        await run(server, to_run)

    assert str(raised.value) == 'cannot set environment variable "MY_OWN": ssh: setenv failed'
    assert is_documented("ssh", str(raised.value))
    assert not (open_folder / "ran").exists()


async def test_a_name_that_no_shell_accepts_is_refused_inline(server: Server) -> None:
    with pytest.raises(RunnerError, match='cannot set environment variable "A-B": it is not a name'):
        await run(server, execution("true", environment={"A-B": "1"}), environment="inline")


async def test_files_are_private_and_the_root_is_shared(server: Server) -> None:
    files = {"event/a/b": RuntimeFile(b""), "parameters/p": RuntimeFile(b"")}
    text = "cd $EVENTLINE_DIR; find . -printf '%M %p\\n' | sort -k 2; stat -c %a ../.. ..; pwd"

    to_run = execution(text, files=files)
    _, output = await run(server, to_run)

    assert output.splitlines() == [
        "drwx------ .",
        "-rw------- ./context.json",
        "drwx------ ./event",
        "drwx------ ./event/a",
        "-rw------- ./event/a/b",
        "drwx------ ./parameters",
        "-rw------- ./parameters/p",
        "drwx------ ./steps",
        "-rwx------ ./steps/1",
        "1777",
        "700",
        str(server.root / getpass.getuser() / to_run.id),
    ]


async def test_only_our_own_directory_is_removed(server: Server) -> None:
    other = server.root / getpass.getuser() / "another-execution"
    other.mkdir(parents=True, mode=0o700)
    other.parent.chmod(0o700)
    (other / "file").write_text("kept")

    await run(server, execution("true"))

    assert (other / "file").read_text() == "kept"
    (other / "file").unlink()
    other.rmdir()


async def test_a_directory_that_others_may_change_is_not_used(server: Server) -> None:
    home = server.root / getpass.getuser()
    home.mkdir(parents=True)
    home.chmod(0o777)

    with pytest.raises(RunnerError, match="others may write to"):
        await run(server, execution("true"))

    assert server.leftovers() == []


async def test_the_command_line_says_nothing_secret(server: Server) -> None:
    to_run = execution(
        'tr "\\0" " " < /proc/$PPID/cmdline; tr "\\0" " " < /proc/$$/cmdline', environment={"SECRET": "hidden"}
    )

    _, output = await run(server, to_run, environment="inline")

    assert "hidden" not in output


async def test_a_step_whose_file_was_removed_is_told(server: Server) -> None:
    to_run = execution("rm $EVENTLINE_DIR/steps/2", "true")
    async with ssh_runners(server) as factory:
        runner = factory.create(to_run)
        await runner.prepare()
        assert await runner.run_step(StepToRun(1), Sink()) == Exited(0)
        with pytest.raises(RunnerError, match=r'^cannot run "steps/2": no such file or directory$'):
            await runner.run_step(StepToRun(2), Sink())
        await runner.cleanup()


async def test_a_lost_connection_is_told_and_the_other_machine_cleans_up(server: Server) -> None:
    sleep, sink = unique_sleep(), Sink()
    async with ssh_runners(server) as factory:
        runner = factory.create(execution(f"trap '' TERM; echo ready; setsid {sleep} & {sleep}"))
        await runner.prepare()
        step = asyncio.create_task(runner.run_step(StepToRun(1), sink))
        await sink.wait_for(b"ready\n")

        cut_connections(server)
        with pytest.raises(RunnerError, match=f'connection to "127.0.0.1:{server.port}" lost'):
            await asyncio.wait_for(step, 10)
        with pytest.raises(RunnerError, match="removes the directory by itself"):
            await runner.cleanup()

    await gone(server)
    assert running(sleep) == []


async def test_a_host_that_freezes_is_given_up(server: Server) -> None:
    sleep, sink = unique_sleep(), Sink()
    async with ssh_runners(server, keep_alive=0.3) as factory:
        runner = factory.create(execution(f"echo ready; {sleep}"))
        await runner.prepare()
        step = asyncio.create_task(runner.run_step(StepToRun(1), sink))
        await sink.wait_for(b"ready\n")

        frozen = connection_processes(server)
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(RunnerError, match=f'connection to "127.0.0.1:{server.port}" lost') as raised:
                await asyncio.wait_for(step, 20)
        finally:
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)
        with pytest.raises(RunnerError, match="removes the directory by itself"):
            await runner.cleanup()

    assert is_documented("ssh", str(raised.value))
    await gone(server)
    assert running(sleep) == []


async def test_programs_and_directories_go_away_with_an_executor_that_is_killed(server: Server) -> None:
    command = unique_sleep()
    told = {
        "root": str(server.root),
        "known_hosts": str(server.folder / "known_hosts"),
        "private_key": server.identity.data["private_key"],
        "parameters": dict(server.parameters),
    }
    with executor(**told, jobs=3, command=command) as process:
        await wait_until(lambda: len(running(command)) == 6)
        process.kill()
        process.wait()

        await wait_until(lambda: running(command) == [])
        await gone(server)


async def test_many_steps_with_background_processes_do_not_use_up_the_channels(server: Server) -> None:
    steps = ["sleep 60 & echo started"] * 10
    async with ssh_runners(server) as factory:
        runner = factory.create(execution(*steps))
        await runner.prepare()
        results = [await runner.run_step(StepToRun(position), Sink()) for position in range(1, 11)]
        await runner.cleanup()

    assert results == [Exited(0)] * 10


def cut_connections(server: Server) -> None:
    """Kill the processes of the server that hold connections, but not the server itself."""
    for pid in connection_processes(server):
        os.kill(pid, signal.SIGKILL)


def connection_processes(server: Server) -> list[int]:
    connections = _children(server.process.pid)
    helpers = [child for pid in connections for child in _children(pid)]
    return [*connections, *(child for child in helpers if _is_sshd(child))]


def _is_sshd(pid: int) -> bool:
    return b"sshd" in Path(f"/proc/{pid}/cmdline").read_bytes()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

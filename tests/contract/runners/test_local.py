"""What only the local runner promises (contract/execution.md section 15), and its survival of violence."""

import asyncio
import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import pytest_asyncio

from eventline_common.settings.runners import LocalRunnerSettings
from eventline_executor.runners.local import LocalRunners
from eventline_executor.runners.protocol import Exited, RunnerError, RuntimeFile, StepToRun
from tests.contract.runners.conftest import (
    Sink,
    Subject,
    execution,
    local_subject,
    output_of,
    parent_of,
    prepared,
    run,
    running,
    unique_sleep,
    wait_until,
)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run programs as another user: run as root")
EXECUTOR = Path(__file__).with_name("executor_with_local_jobs.py")


@pytest_asyncio.fixture
async def local(tmp_path: Path) -> AsyncIterator[Subject]:
    async with local_subject(tmp_path) as subject:
        yield subject
        assert await subject.leftovers() == []


async def test_programs_run_in_their_directory_under_a_relative_name(local: Subject, tmp_path: Path) -> None:
    to_run = execution('echo "$0"; pwd; echo "$HOME"; echo "$EVENTLINE_DIR"')

    _, output = await run(local, to_run)

    directory = tmp_path / "executions" / to_run.id
    assert output.decode().splitlines() == ["steps/1", str(directory), str(directory), str(directory)]


async def test_directories_and_files_are_private(local: Subject) -> None:
    files = {"event/a/b": RuntimeFile(b""), "parameters/p": RuntimeFile(b"")}

    _, output = await run(local, execution("find . -printf '%M %p\\n' | sort -k 2", files=files))

    assert output.decode().splitlines() == [
        "drwx------ .",
        "-rw------- ./context.json",
        "drwx------ ./event",
        "drwx------ ./event/a",
        "-rw------- ./event/a/b",
        "drwx------ ./parameters",
        "-rw------- ./parameters/p",
        "drwx------ ./steps",
        "-rwx------ ./steps/1",
    ]


async def test_programs_get_no_descriptors_but_the_three(local: Subject) -> None:
    _, output = await run(local, execution("ls /proc/$$/fd"))

    # The shell itself opens one for its script.
    assert set(output.decode().split()) <= {"0", "1", "2", "10"}


async def test_programs_ignore_no_signal_whatever_the_server_ignores(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        async with local_subject(tmp_path) as local:
            arguments = ("^SigIgn", "/proc/self/status")
            _, output = await run(local, execution(), StepToRun(1, command="grep", arguments=arguments))
    finally:
        signal.signal(signal.SIGUSR1, before)

    of_the_c_library = 1 << 31 | 1 << 32  # 32 and 33, which nobody else can use
    assert int(output.split()[1], 16) & ~of_the_c_library == 0


async def test_commands_are_looked_up_in_the_path_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "greet").write_text("#!/bin/sh\necho hello\n")
    (programs / "greet").chmod(0o700)
    (programs / "text").write_text("")
    monkeypatch.setenv("PATH", f"{programs}:relative:/usr/bin:/bin")

    async with local_subject(tmp_path) as local:
        _, output = await run(local, execution(), StepToRun(1, command="greet"))
        with pytest.raises(RunnerError, match=r'cannot run "text": ".*/programs/text" is not executable'):
            await run(local, execution(), StepToRun(1, command="text"))
        with pytest.raises(RunnerError, match=r'cannot run "nothing": program not found in PATH \(/.*:/bin\)'):
            await run(local, execution(), StepToRun(1, command="nothing"))

    assert output == b"hello\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"not a program", "exec format error"), (b"#!/etc\n", "permission denied"), (b"#!/nope\n", "no such file")],
)
async def test_a_program_that_the_system_refuses_is_an_error_with_its_reason(
    local: Subject, content: bytes, reason: str
) -> None:
    with pytest.raises(RunnerError, match=f'cannot run "steps/1": {reason}'):
        await run(local, execution(files={"steps/1": RuntimeFile(content, executable=True)}))


async def test_a_second_attempt_does_not_touch_the_directory_of_a_running_one(local: Subject) -> None:
    first = execution("while [ ! -e stop ]; do sleep 0.1; done; cat context.json")
    sink = Sink()
    async with prepared(local, first) as runner:
        step = asyncio.create_task(runner.run_step(StepToRun(1), sink))
        with pytest.raises(RunnerError, match="another attempt still uses it"):
            await run(local, execution("touch intruded", id=first.id))
        directory = Path((await output_of(local, 'dirname "$EVENTLINE_DIR"')).strip()) / first.id
        (directory / "stop").touch()
        assert await step == Exited(0)

    assert sink.data == b"{}\n"


async def test_the_directory_goes_with_the_last_program(local: Subject, tmp_path: Path) -> None:
    to_run = execution("true", "true")
    directory = tmp_path / "executions" / to_run.id
    async with prepared(local, to_run) as runner:
        await runner.run_step(StepToRun(1), Sink())
        assert (directory / "steps" / "2").exists()
        await runner.run_step(StepToRun(2), Sink())

        assert not directory.exists()


async def test_the_directory_stays_as_long_as_the_last_program_left_something_running(
    local: Subject, tmp_path: Path
) -> None:
    sleep = unique_sleep()
    to_run = execution(f"setsid {sleep} > /dev/null 2>&1 &")
    directory = tmp_path / "executions" / to_run.id
    async with prepared(local, to_run) as runner:
        await runner.run_step(StepToRun(1), Sink())
        assert directory.exists()

    assert (running(sleep), directory.exists()) == ([], False)


@needs_root
async def test_a_directory_that_cannot_be_removed_is_an_error_of_the_cleanup(local: Subject, tmp_path: Path) -> None:
    to_run = execution("mkdir busy && mount -t tmpfs tmpfs busy && mountpoint -q busy")
    busy = tmp_path / "executions" / to_run.id / "busy"
    runner = local.factory.create(to_run)
    await runner.prepare()
    try:
        if await runner.run_step(StepToRun(1), Sink()) != Exited(0):
            pytest.skip("needs the permission to mount a file system")
        with pytest.raises(RunnerError, match=r'cannot remove directory ".*": device or resource busy'):
            await runner.cleanup()
    finally:
        subprocess.run(["umount", busy], check=False)
    busy.rmdir()
    busy.parent.rmdir()


async def test_a_step_cancelled_while_it_starts_leaves_no_descriptor_for_the_next_execution(local: Subject) -> None:
    for _ in range(5):
        async with prepared(local, execution("echo wrong")) as runner:
            step = asyncio.create_task(runner.run_step(StepToRun(1), Sink()))
            await asyncio.sleep(0)
            step.cancel()
            await asyncio.wait((step,))
        assert await output_of(local, "echo right") == "right\n"


async def test_a_killed_executor_takes_fifty_jobs_and_their_directories_along(tmp_path: Path) -> None:
    sleep = unique_sleep()
    with _executor(tmp_path, sleep, 50) as executor:
        await wait_until(lambda: len(running(sleep)) == 100)
        executor.kill()
        executor.wait()

    await wait_until(lambda: running(sleep) == [], within=10)
    await wait_until(lambda: not list(tmp_path.iterdir()), within=10)


async def test_the_next_start_cleans_up_after_everything_was_killed_at_once(tmp_path: Path) -> None:
    sleep, alive = unique_sleep(), unique_sleep()
    with _executor(tmp_path, alive, 1), _executor(tmp_path, sleep, 3) as killed:
        keepers = {parent_of(parent_of(pid)) for pid in running(sleep)} | {parent_of(pid) for pid in running(sleep)}
        family = {pid for pid in keepers if _name(pid) == "eventline-keep"}
        spawners = {parent_of(pid) for pid in family}
        for pid in (*spawners, killed.pid, *family):
            os.kill(pid, signal.SIGKILL)
        killed.wait()
        await wait_until(lambda: all(_has_ended(pid) for pid in family))  # whoever dies still has its locks
        assert running(sleep) != []

        factory = LocalRunners(LocalRunnerSettings(root_directory=tmp_path), kill_delay=1.0)
        await factory.recover()
        await factory.close()

        assert running(sleep) == []
        assert len(running(alive)) == 2
        assert len(list(tmp_path.iterdir())) == 1
    await wait_until(lambda: running(alive) == [])


@needs_root
async def test_programs_run_as_the_user_of_the_settings() -> None:
    async with _as_nobody() as local:
        text = "id -un; id -gn; id -G; echo error > /dev/stderr; stat -c %U . context.json; umask 777; mkdir -p x/y"
        _, output = await run(local, execution(text))
        assert await local.leftovers() == []

    nobody = pwd.getpwnam("nobody")
    assert output.decode().splitlines() == ["nobody", "nogroup", str(nobody.pw_gid), "error", "nobody", "nobody"]


@needs_root
async def test_programs_of_another_user_cannot_touch_what_the_executor_does_not_give_them(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the encryption key")
    secret.chmod(0o600)
    async with _as_nobody() as local:
        _, output = await run(local, execution(f"cat {secret} /proc/$PPID/environ; echo end"))

    assert b"the encryption key" not in output
    assert output.endswith(b"end\n")


@needs_root
async def test_a_keeper_killed_by_a_program_of_another_user_takes_it_along() -> None:
    sleep = unique_sleep()
    async with _as_nobody() as local:
        with pytest.raises(RunnerError, match="watches over the programs was killed"):
            await run(local, execution(f"trap '' TERM; setsid {sleep} & kill -KILL $PPID; {sleep}"))
        await wait_until(lambda: running(sleep) == [])
        assert await output_of(local, "id -un") == "nobody\n"


@needs_root
async def test_a_full_disk_is_an_error_that_says_so(tmp_path: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"needs the permission to mount a small file system: {mounted.stderr.decode().strip()}")
    try:
        async with local_subject(tmp_path) as local:
            with pytest.raises(RunnerError, match=r'cannot write file "parameters/p": no space left on device'):
                await run(local, execution(files={"parameters/p": RuntimeFile(bytes(100_000))}))
            assert await local.leftovers() == []
    finally:
        subprocess.run(["umount", tmp_path], check=True)


@asynccontextmanager
async def _as_nobody() -> AsyncIterator[Subject]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        root = Path(folder, "executions")
        factory = LocalRunners(LocalRunnerSettings(root_directory=root, user="nobody"), kill_delay=1.0)

        async def leftovers() -> list[str]:
            return [path.name for path in root.iterdir()]

        await factory.recover()
        try:
            yield Subject("local", factory, exact_environment=True, leftovers=leftovers)
        finally:
            await factory.close()


class _executor:  # noqa: N801 - used like a function
    """A process that runs jobs with the local runner, in its own interpreter."""

    def __init__(self, root: Path, command: str, jobs: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, EXECUTOR, root, command, str(jobs)], stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> "subprocess.Popen[str]":
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line == "running\n":
                return self._process
        raise AssertionError("the executor ended before its jobs ran")

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except FileNotFoundError:
        return True


def _children() -> set[int]:
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if parent_of(int(path.name)) == os.getpid():
                found.add(int(path.name))
    return found


@pytest.fixture(autouse=True)
def _no_new_children() -> Iterator[None]:
    before = _children()
    yield
    assert _children() - before == set(), "a child of this process is left"

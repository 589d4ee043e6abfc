"""What the contract tests of the runners share. A new runner is a function here and a line in SUBJECTS."""

import asyncio
import itertools
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import pytest_asyncio

from eventline_common.ids import ExecutionId, JobId, ProjectId, new_id
from eventline_common.settings.runners import LocalRunnerSettings
from eventline_executor.runners.local import LocalRunners
from eventline_executor.runners.protocol import (
    ExecutionToRun,
    Runner,
    RunnerFactory,
    RuntimeFile,
    StepResult,
    StepToRun,
)
from tests.contract.runners.docker_subject import docker_runners, our_containers
from tests.contract.runners.kubernetes_subject import IS_HERE, kubernetes_runners, leftovers, new_namespace
from tests.contract.runners.ssh_subject import ssh_runners, ssh_server, temporary_folder

KILL_DELAY = 1.0
# From the call of `stop` to the death of everything: the delay, and time for a busy machine.
STOPPED_WITHIN = KILL_DELAY + 4.0

# Not `random`, which pytest-randomly seeds alike in every process.
_lengths = itertools.count(10_000_000 + secrets.randbelow(70_000_000))


@dataclass
class Subject:
    """A runner under test: `environment` is exact where nothing but our variables may be seen by programs."""

    name: str
    factory: RunnerFactory
    exact_environment: bool
    leftovers: Callable[[], Awaitable[list[str]]]
    # Whether programs run on this machine, where `running` can see them.
    is_here: bool = True


@dataclass
class Sink:
    """Keeps the output of a step; `gate` can be closed to be slow."""

    data: bytearray = field(default_factory=bytearray)
    size: int = 0
    keep: bool = True
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    grown: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def write(self, data: bytes) -> None:
        if self.keep:
            self.data += data
        self.size += len(data)
        self.grown.set()
        await self.gate.wait()

    async def wait_for(self, text: bytes) -> None:
        async with asyncio.timeout(20):
            while text not in self.data:
                self.grown.clear()
                await self.grown.wait()


def script(text: str) -> RuntimeFile:
    return RuntimeFile(f"#!/bin/sh\n{text}\n".encode(), executable=True)


def execution(
    *steps: str,
    files: Mapping[str, RuntimeFile] | None = None,
    environment: Mapping[str, str] | None = None,
    id: ExecutionId | None = None,
) -> ExecutionToRun:
    """An execution whose steps are shell scripts."""
    programs = {f"steps/{position}": script(text) for position, text in enumerate(steps, 1)}
    return ExecutionToRun(
        id=id or ExecutionId(new_id()),
        attempt=1,
        project_id=ProjectId(new_id()),
        project_name="main",
        job_id=JobId(new_id()),
        job_name="a-job",
        environment={"EVENTLINE": "true", **(environment or {})},
        files={"context.json": RuntimeFile(b"{}\n"), **programs, **(files or {})},
        steps=[StepToRun(position) for position in range(1, len(steps) + 1)],
    )


@asynccontextmanager
async def prepared(subject: Subject, to_run: ExecutionToRun) -> AsyncIterator[Runner]:
    """A prepared runner, cleaned up at the end."""
    runner = subject.factory.create(to_run)
    try:
        await runner.prepare()
        yield runner
    finally:
        await runner.cleanup()


async def run(subject: Subject, to_run: ExecutionToRun, step: StepToRun | None = None) -> tuple[StepResult, bytes]:
    """Run one step and return its result and output."""
    sink, step = Sink(), step or StepToRun(1)
    async with prepared(subject, replace(to_run, steps=[step])) as runner:
        result = await runner.run_step(step, sink)
    return result, bytes(sink.data)


async def output_of(subject: Subject, text: str) -> str:
    _, output = await run(subject, execution(text))
    return output.decode()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])


def unique_sleep() -> str:
    """A command that sleeps for longer than any test, and that no other process on this machine has."""
    return f"sleep {next(_lengths)}"


def running(command: str) -> list[int]:
    """The processes on this machine that run exactly this command."""
    wanted = command.encode().replace(b" ", b"\0") + b"\0"
    return [pid for pid in _pids() if _command_line(pid).endswith(wanted)]


async def wait_until(condition: Callable[[], bool], *, within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.01)


def died_of(result: StepResult) -> int | str | None:
    """The number or the name of the signal that ended a program."""
    name = getattr(result, "signal", None)
    return signal.Signals[f"SIG{name}"].value if isinstance(name, str) else name


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@asynccontextmanager
async def local_subject(folder: Path) -> AsyncIterator[Subject]:
    root = folder / "executions"
    factory = LocalRunners(LocalRunnerSettings(root_directory=root), kill_delay=KILL_DELAY)

    async def leftovers() -> list[str]:
        return [path.name for path in root.iterdir()]

    await factory.recover()
    try:
        yield Subject("local", factory, exact_environment=True, leftovers=leftovers)
    finally:
        await factory.close()


@asynccontextmanager
async def docker_subject(_folder: Path) -> AsyncIterator[Subject]:
    async def leftovers() -> list[str]:
        return our_containers()

    async with docker_runners(kill_delay=KILL_DELAY) as factory:
        yield Subject("docker", factory, exact_environment=False, leftovers=leftovers)


@asynccontextmanager
async def ssh_subject(_folder: Path) -> AsyncIterator[Subject]:
    with temporary_folder() as folder, ssh_server(Path(folder)) as server:

        async def leftovers() -> list[str]:
            return server.leftovers()

        async with ssh_runners(server, kill_delay=KILL_DELAY) as factory:
            yield Subject("ssh", factory, exact_environment=False, leftovers=leftovers)


@asynccontextmanager
async def kubernetes_subject(_folder: Path) -> AsyncIterator[Subject]:
    namespace = new_namespace()
    async with kubernetes_runners(namespace, kill_delay=KILL_DELAY) as factory:
        yield Subject(
            "kubernetes", factory, exact_environment=False, leftovers=lambda: leftovers(namespace), is_here=IS_HERE
        )


SUBJECTS: Mapping[str, Callable[[Path], AbstractAsyncContextManager[Subject]]] = {
    "docker": docker_subject,
    "kubernetes": kubernetes_subject,
    "local": local_subject,
    "ssh": ssh_subject,
}


@pytest_asyncio.fixture(params=sorted(SUBJECTS))
async def subject(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
    """Each runner in turn, freshly started; nothing of any execution may be left when the test is over."""
    async with SUBJECTS[request.param](tmp_path) as subject:
        yield subject
        assert await subject.leftovers() == []

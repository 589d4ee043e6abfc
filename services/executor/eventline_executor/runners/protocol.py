"""What the executor asks of a runner, and the values that pass between them (contract/execution.md, 7 to 19)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from eventline_common.errors import EventlineError
from eventline_common.ids import ExecutionId, JobId, ProjectId


class RunnerError(EventlineError):
    """Something other than the program failed; the text is the reason that people read (class B of the contract)."""

    code = "runner_error"


class RunnerStopped(RunnerError):
    """The runner was told to stop before or while it did this."""


@dataclass(frozen=True, slots=True)
class RuntimeFile:
    """A file of the execution directory: exact bytes; programs are executable (0700), everything else is not (0600)."""

    content: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True)
class RunnerIdentity:
    """The identity of the job's runner, in clear: `connector`/`type` such as `generic`/`ssh_key`."""

    name: str
    connector: str
    type: str
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class StepToRun:
    """A step: its position from 1, and `command` for a command step, None for the program `steps/<position>`."""

    position: int
    command: str | None = None
    arguments: Sequence[str] = ()

    @property
    def program(self) -> str:
        """What is executed: a command name, or a path relative to the execution directory."""
        return self.command if self.command is not None else f"steps/{self.position}"


@dataclass(frozen=True, slots=True)
class ExecutionToRun:
    """Everything a runner needs to know about one attempt at a job execution.

    `environment` is complete and in its final precedence except for `EVENTLINE_DIR` and `HOME`, which the runner adds,
    because only the runner knows where its directory is. `files` maps paths relative to that directory, such as
    `context.json` or `steps/1`, to their content. `runner_parameters` are those of the job specification. `steps` are
    what `run_step` will be called with, one after the other, as long as none fails: a runner that knows them may start
    the first one as the end of `prepare`, and clean up as soon as the last one has ended.
    """

    id: ExecutionId
    attempt: int
    project_id: ProjectId
    project_name: str
    job_id: JobId
    job_name: str
    environment: Mapping[str, str] = field(repr=False)
    files: Mapping[str, RuntimeFile] = field(repr=False)
    steps: Sequence[StepToRun] = ()
    runner_parameters: Mapping[str, Any] = field(default_factory=dict)
    runner_identity: RunnerIdentity | None = None


@dataclass(frozen=True, slots=True)
class Exited:
    """The program ended by itself."""

    status: int


@dataclass(frozen=True, slots=True)
class Killed:
    """A signal ended the program: its number, or its name without `SIG` where only that is known."""

    signal: int | str


StepResult = Exited | Killed


class OutputSink(Protocol):
    """Where the output of one step goes."""

    async def write(self, data: bytes) -> None:
        """Take bytes in arrival order. While this waits, nothing more is read: the program is slowed down."""


class Runner(Protocol):
    """Runs the steps of one execution; one instance per attempt, `prepare`, `run_step`..., `cleanup`."""

    async def prepare(self) -> None:
        """Create the environment and the files; raises RunnerError."""

    async def run_step(self, step: StepToRun, output: OutputSink) -> StepResult:
        """Run a program to its end. Returns after all its output was written.

        Raises RunnerError when the program could not be run, and whatever `output` raises.
        """

    async def stop(self) -> None:
        """End everything that runs: TERM, a bounded wait, KILL.

        May be called at any moment, from any task, any number of times. Afterwards a waiting `prepare` or `run_step`
        ends, and a new one raises RunnerStopped.
        """

    async def cleanup(self) -> None:
        """Leave nothing behind: no process, no file. Always called once, last; raises RunnerError if it could not."""


@runtime_checkable
class Telling(Protocol):
    """A runner whose preparation may take long, and tells how it goes."""

    def tell(self, output: OutputSink) -> None:
        """Write news of the preparation there; called before `prepare`. It is the output of the first step."""


class RunnerFactory(Protocol):
    """What an executor keeps for all executions of one runner: settings, connections, processes."""

    async def recover(self) -> None:
        """Remove what a dead executor left on this machine or platform; called once, before the first execution."""

    def create(self, execution: ExecutionToRun) -> Runner:
        """Return a runner that has not done anything yet."""

    async def close(self) -> None:
        """Release everything; every execution has been cleaned up before."""


@runtime_checkable
class Fenced(Protocol):
    """A factory whose programs are ended without the executor, should that hang or be frozen."""

    def fence(self, moment: float) -> None:
        """Let nothing run after `moment` (seconds of the boot time); called again and again with later ones."""

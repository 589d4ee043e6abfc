"""An executor whose local runner starts no program: what is left is the engine. It exists for the benchmark only."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eventline_common.runtime.process import run_service
from eventline_common.settings import Settings
from eventline_executor import runners
from eventline_executor.app import build
from eventline_executor.runners.protocol import ExecutionToRun, Exited, OutputSink, StepResult, StepToRun
from tests.bench.stack import Stack

_ROOT = Path(__file__).parents[2]
# The platform's own executor leaves local executions to ours; it has to serve something.
NO_LOCAL_EXECUTIONS = "executor:\n  runners: [ssh]\n"


class NothingRunner:
    """Every program ends well before it has begun."""

    async def prepare(self) -> None:
        """Prepare nothing."""

    async def run_step(self, step: StepToRun, output: OutputSink) -> StepResult:
        """Run nothing."""
        return Exited(0)

    async def stop(self) -> None:
        """Stop nothing."""

    async def cleanup(self) -> None:
        """Leave nothing behind."""


class NothingRunners:
    """The runner factory of this executor."""

    @classmethod
    def of(cls, settings: Settings) -> "NothingRunners":
        """Build it; no setting matters."""
        return cls()

    async def recover(self) -> None:
        """Find nothing that was left."""

    def create(self, execution: ExecutionToRun) -> NothingRunner:
        """Return the runner of an execution."""
        return NothingRunner()

    async def close(self) -> None:
        """Close nothing."""


@contextmanager
def nothing_executor(stack: Stack) -> Iterator[int]:
    """Run such an executor beside a platform that was started with NO_LOCAL_EXECUTIONS; give its process id."""
    document = stack.configuration()
    # Enough slots: what does nothing holds one only while its end is written.
    document["executor"] = {"runners": ["local"], "max_executions": 256}
    document["monitoring"] = {**document["monitoring"], "executor": "127.0.0.1:0"}
    cfg = stack.platform.directory / "nothing.yaml"
    cfg.write_text(json.dumps(document))
    with (stack.platform.directory / "nothing.log").open("wb") as log:
        command = [sys.executable, "-m", "tests.bench.nothing_executor", "-c", str(cfg)]
        process = subprocess.Popen(command, cwd=_ROOT, stdout=log, stderr=log)
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(30)


def main() -> int:
    # The registry of this process only.
    runners.RUNNERS = {"local": ("tests.bench.nothing_executor", "NothingRunners")}
    return run_service("executor", build)


if __name__ == "__main__":
    sys.exit(main())

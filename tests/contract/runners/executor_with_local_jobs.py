"""A program: runs jobs with the local runner until it is killed. Arguments: root directory, a command, how many."""

import asyncio
import sys
from pathlib import Path

from eventline_common.ids import ExecutionId, JobId, ProjectId, new_id
from eventline_common.settings.runners import LocalRunnerSettings
from eventline_executor.runners.local import LocalRunners
from eventline_executor.runners.protocol import ExecutionToRun, RuntimeFile, StepToRun


class Ready:
    """Counts the jobs that said something."""

    def __init__(self, expected: int) -> None:
        self._missing = expected

    async def write(self, data: bytes) -> None:
        self._missing -= data.count(b"ready\n")
        if self._missing == 0:
            print("running", flush=True)


async def main(root: Path, command: str, jobs: int) -> None:
    factory = LocalRunners(LocalRunnerSettings(root_directory=root), kill_delay=1.0)
    await factory.recover()
    ready = Ready(jobs)
    text = f"#!/bin/sh\ntrap '' TERM\nsetsid {command} &\nsleep 0.1\necho ready\n{command}\n"

    async def run() -> None:
        runner = factory.create(
            ExecutionToRun(
                id=ExecutionId(new_id()),
                attempt=1,
                project_id=ProjectId(new_id()),
                project_name="main",
                job_id=JobId(new_id()),
                job_name="job",
                environment={},
                files={"steps/1": RuntimeFile(text.encode(), executable=True)},
            )
        )
        await runner.prepare()
        await runner.run_step(StepToRun(1), ready)

    await asyncio.gather(*(run() for _ in range(jobs)))


asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))

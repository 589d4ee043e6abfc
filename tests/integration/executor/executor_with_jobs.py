"""A program: runs jobs until it is killed. Its argument is JSON that says where, how many, and with which command."""

import asyncio
import json
import sys
from pathlib import PurePosixPath
from typing import Any

from eventline_common.ids import ExecutionId, JobId, ProjectId, new_id
from eventline_common.settings.runners import DockerRunnerSettings, KubernetesRunnerSettings, SshRunnerSettings
from eventline_executor.runners.docker import DockerRunners
from eventline_executor.runners.kubernetes import KubernetesRunners
from eventline_executor.runners.protocol import (
    ExecutionToRun,
    RunnerFactory,
    RunnerIdentity,
    RuntimeFile,
    StepToRun,
)
from eventline_executor.runners.ssh import SshRunners


class Ready:
    """Counts the jobs that said something."""

    def __init__(self, expected: int) -> None:
        self._missing = expected

    async def write(self, data: bytes) -> None:
        self._missing -= data.count(b"ready\n")
        if self._missing == 0:
            print("running", flush=True)


def factory_of(told: dict[str, Any]) -> RunnerFactory:
    if "docker" in told:
        return DockerRunners(DockerRunnerSettings(uri=told["docker"]), kill_delay=1.0)
    if "kubernetes" in told:
        return KubernetesRunners(KubernetesRunnerSettings(**told["kubernetes"]), kill_delay=1.0)
    settings = SshRunnerSettings(root_directory=PurePosixPath(told["root"]), known_hosts_file=told["known_hosts"])
    return SshRunners(settings, kill_delay=1.0)


async def main(told: dict[str, Any]) -> None:
    factory = factory_of(told)
    await factory.recover()
    ready = Ready(told["jobs"])
    key = told.get("private_key")
    identity = RunnerIdentity("key", "generic", "ssh_key", {"private_key": key}) if key else None
    text = f"#!/bin/sh\ntrap '' TERM\nsetsid {told['command']} &\nsleep 0.1\necho ready\n{told['command']}\n"

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
                runner_parameters=told["parameters"],
                runner_identity=identity,
            )
        )
        await runner.prepare()
        await runner.run_step(StepToRun(1), ready)

    await asyncio.gather(*(run() for _ in range(told["jobs"])))


asyncio.run(main(json.loads(sys.argv[1])))

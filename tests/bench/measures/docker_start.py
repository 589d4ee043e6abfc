"""What an execution with the docker runner costs more than `docker run`, both until the first line is seen."""

import asyncio
import shutil
import subprocess
import time
from base64 import b64decode

import pytest

from tests.bench.lines import Line, latency_line, percentile
from tests.bench.stack import Stack
from tests.contract.runners.docker_subject import URI, busybox_image

CONFIGURATION = f"{{runners: {{docker: {{uri: '{URI}'}}}}}}\n"

_SAMPLES = 30
_WARM_UP = 3
_ALLOWED_MS = 400
_NEEDED = "needs the docker command: apt install docker-cli"


async def measure(stack: Stack) -> list[Line]:
    """Take turns, so that both see the same machine and the same daemon."""
    docker = shutil.which("docker")
    try:
        image = busybox_image()
    except pytest.skip.Exception as skipped:
        return [Line("docker runner", "–", f"not measured: {skipped.msg}", {})]
    if docker is None:
        return [Line("docker runner", "–", f"not measured: {_NEEDED}", {})]
    return await asyncio.to_thread(_take_turns, stack, [docker, "--host", URI, "run", "--rm", image, "echo", "x"])


def _take_turns(stack: Stack, command: list[str]) -> list[Line]:
    runner = {"name": "docker", "parameters": {"image": command[-3], "pull_policy": "never"}}
    job = stack.deploy("bench-docker", {"command": {"name": "echo", "arguments": ["x"]}}, runner=runner)
    plain, ours = [], []
    for _ in range(_WARM_UP + _SAMPLES):
        plain.append(_docker_run(command))
        ours.append(_execute(stack, job))
    plain, ours = plain[_WARM_UP:], ours[_WARM_UP:]
    more = (percentile(ours, 50) - percentile(plain, 50)) * 1000
    return [
        latency_line("`docker run … echo x` → first line", "–", plain),
        latency_line("POST execute, docker runner, local image → first line at a follower", "–", ours),
        Line(
            "what the execution costs more, p50",
            f"≤ {_ALLOWED_MS} ms",
            f"{more:.0f} ms",
            {"more_ms": round(more, 2)},
        ),
    ]


def _docker_run(command: list[str]) -> float:
    begin = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        seconds = time.monotonic() - begin
        process.communicate()
    return seconds


def _execute(stack: Stack, job: str) -> float:
    begin = time.monotonic()
    execution = stack.client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})
    seconds = 0.0
    for kind, data in stack.client.follow(execution["id"]):
        if kind == "output" and not seconds and b64decode(data["data"]):
            seconds = time.monotonic() - begin
    return seconds

"""How long people wait for evcli."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.lines import Line, latency_line
from tests.bench.stack import Stack

_JOBS = 100
_SAMPLES = 20


async def measure(stack: Stack) -> list[Line]:
    """Run commands as processes, one after the other."""
    stack.deploy_all([f"job-{n:03}" for n in range(_JOBS)], {"code": "echo hello"})
    return [
        latency_line("`evcli version`", "≤ 150 ms", _run(stack, "version")),
        latency_line(f"`evcli list-jobs`, {_JOBS} jobs", "≤ 400 ms", _run(stack, "list-jobs")),
    ]


def _run(stack: Stack, command: str) -> list[float]:
    program = Path(sys.executable).with_name("evcli")
    configuration = stack.platform.directory / "evcli.json"
    configuration.write_text(
        json.dumps({"api": {"endpoint": f"http://127.0.0.1:{stack.port}", "key": stack.client.key}})
    )
    configuration.chmod(0o600)
    environment = {**os.environ, "EVCLI_CONFIG_PATH": str(configuration)}
    found = []
    for _ in range(_SAMPLES):
        begin = time.perf_counter()
        subprocess.run(
            [program, command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True
        )
        found.append(time.perf_counter() - begin)
    return found

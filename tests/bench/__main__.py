"""`make bench`: a fresh platform, each measure in turn, a table on standard output and JSON in a file."""

import argparse
import asyncio
import json
import platform as machine
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import asyncpg

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform, running_platform
from tests.bench.measure import Line, idle_cost, idle_latency, machine_limits, request_rate, throughput


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000, help="how many shell jobs to run (default: 1000)")
    parser.add_argument("--samples", type=int, default=200, help="how many single executions to time (default: 200)")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where to write the numbers")
    options = parser.parse_args()
    with running_platform() as platform:
        lines = measure(platform, options.jobs, options.samples)
    print(render(lines))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps([asdict(line) for line in lines], indent=2) + "\n")
    return 0


def measure(platform: Platform, jobs: int, samples: int) -> list[Line]:
    """Take every measure, quiet ones first."""
    lines = machine_limits(platform) + idle_cost(platform)
    client = Client.log_in(platform.api_port)
    lines += idle_latency(client, samples)
    lines += throughput(platform, client, lambda: count_successful(platform), jobs)
    for n in range(98):
        client.deploy(f"job-{n:03}", "true")
    lines.append(request_rate(client, "/account", "≥ 2 000/s"))
    lines.append(request_rate(client, "/jobs?size=100", "≥ 500/s, p99 ≤ 40 ms"))
    return lines


def count_successful(platform: Platform) -> int:
    """Return how many executions of the throughput job have ended well."""

    async def count() -> int:
        connection = await asyncpg.connect(platform.setting("postgres"))
        query = (
            "SELECT count(*) FROM job_executions e JOIN jobs j ON j.id = e.job_id"
            " WHERE j.name = 'bench-true' AND e.status = 'successful'"
        )
        found = int(await connection.fetchval(query))
        await connection.close()
        return found

    return asyncio.run(count())


def render(lines: Sequence[Line]) -> str:
    """Return a Markdown table."""
    rows = ["| measure | goal | result |", "|---|---|---|"]
    rows += [f"| {line.measure} | {line.goal} | {line.result} |" for line in lines]
    return f"Python {machine.python_version()}, {machine.system()} {machine.machine()}\n\n" + "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())

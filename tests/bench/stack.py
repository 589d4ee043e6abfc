"""The platform that is measured: fresh for each measurement, embedded servers, fsync on, the configuration of `up`."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform, running_platform
from tests.bench.requests import build_request

if TYPE_CHECKING:
    Database = asyncpg.Connection[asyncpg.Record]
else:
    Database = asyncpg.Connection

# A program that says when it started, in nanoseconds, without a shell before it.
TELL_TIME = {"command": {"name": "date", "arguments": ["+%s%N"]}}

_STARTED = """
SELECT e.id, convert_from(o.data, 'UTF8') AS nanoseconds
FROM job_executions e
JOIN step_executions s ON s.job_execution_id = e.id AND s.position = 1
JOIN step_output o ON o.step_execution_id = s.id AND o.position = 0
WHERE e.job_id = ANY($1::text[])
"""

_UNFINISHED = """
SELECT count(*) FROM job_executions WHERE job_id = ANY($1::text[]) AND status IN ('created', 'started')
"""


@dataclass(frozen=True)
class Stack:
    """A running platform, a client of its API, and its database."""

    platform: Platform
    client: Client

    @property
    def port(self) -> int:
        """The port of the API."""
        return self.platform.api_port

    def configuration(self) -> dict[str, Any]:
        """Return the configuration file that `up` wrote for the services."""
        text = (self.platform.directory / "data" / "eventline.yaml").read_text()
        found: dict[str, Any] = json.loads(text[text.index("{") :])
        return found

    async def connect(self) -> Database:
        """Open a connection to the database."""
        return await asyncpg.connect(self.configuration()["pg"]["uri"])

    def request(self, method: str, path: str, body: object = None) -> bytes:
        """Return the bytes of a request with the rights of the client."""
        content = b"" if body is None else json.dumps(body).encode()
        return build_request(method, path, self.client.headers(), content)

    def execute(self, job_id: str) -> bytes:
        """Return the bytes of a request to execute a job."""
        return self.request("POST", f"/jobs/id/{job_id}/execute", {"parameters": {}})

    def deploy(self, name: str, *steps: object, **members: object) -> str:
        """Deploy a job and return its id."""
        spec = {"name": name, "steps": list(steps), **members}
        return str(self.client.call("PUT", f"/jobs/name/{name}", spec)["id"])

    def deploy_all(self, names: Sequence[str], *steps: object, **members: object) -> list[str]:
        """Deploy jobs that differ in their names only, and return their ids."""
        specs = [{"name": name, "steps": list(steps), **members} for name in names]
        return [job["id"] for job in self.client.call("PUT", "/jobs", specs)]


@contextmanager
def running_stack(configuration: str = "") -> Iterator[Stack]:
    """Start a platform; `configuration` is what differs from the defaults."""
    with running_platform(configuration) as platform:
        yield Stack(platform, Client.log_in(platform.api_port))


async def started_times(database: Database, job_ids: Sequence[str]) -> dict[str, float]:
    """Return when the first program of each execution of jobs with the step TELL_TIME started, in Unix seconds."""
    rows = await database.fetch(_STARTED, list(job_ids))
    return {row["id"]: int(row["nanoseconds"]) / 1e9 for row in rows}


async def count_unfinished(database: Database, job_ids: Sequence[str]) -> int:
    """Return how many executions of jobs are not final."""
    return int(await database.fetchval(_UNFINISHED, list(job_ids)))

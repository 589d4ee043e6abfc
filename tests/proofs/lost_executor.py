"""An executor is killed with -9 while it runs many jobs."""

import signal
import time

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform
from tests.proofs.evidence import Say, processes_with, require, rows, statuses, wait

_RUNNING = 50
_FINAL_WITHIN = 15.0
_PROGRAM = "trap '' TERM; (setsid sleep 300 &); sleep 300"

_ENDS = "SELECT status, failure_message FROM job_executions WHERE job_id = ANY($1::text[]) AND status <> 'created'"


def prove(platform: Platform, client: Client, say: Say) -> None:
    """Everything it ran is final within 15 s, its programs are dead, and who waited for it goes on."""
    variable = "PROOF=lost-executor"
    name, value = variable.split("=")
    members = {"environment": {name: value}}
    many = client.deploy("proof-lost-many", _PROGRAM, concurrent=True, **members)
    alone = client.deploy("proof-lost-alone", _PROGRAM, **members)
    first = client.call("POST", f"/jobs/id/{alone}/execute", {"parameters": {}})["id"]
    for _ in range(_RUNNING - 1):
        client.call("POST", f"/jobs/id/{many}/execute", {"parameters": {}})
    wait(lambda: _started(platform, many, alone) == _RUNNING, seconds=60, until=f"{_RUNNING} executions run")
    second = client.call("POST", f"/jobs/id/{alone}/execute", {"parameters": {}})["id"]
    wait(lambda: len(processes_with(variable)) >= 2 * _RUNNING, seconds=60, until="every execution has its processes")

    killed = time.monotonic()
    platform.signal("executor", signal.SIGKILL)

    dead = wait(lambda: _dead(platform, variable, second), seconds=_FINAL_WITHIN, until="the programs are dead")
    say(f"all processes of {_RUNNING} executions dead {dead:.2f} s after SIGKILL of the executor")
    wait(lambda: _final(platform, many, first), seconds=60, until="the executions are final")
    took = time.monotonic() - killed
    require(took <= _FINAL_WITHIN, f"final only after {took:.1f} s")
    ends = {(row["status"], row["failure_message"]) for row in rows(platform, _ENDS, [many])}
    require(ends == {("failed", "execution timeout")}, f"they ended as {ends}")
    say(f"{_RUNNING} executions failed with 'execution timeout' {took:.1f} s after SIGKILL")
    wait(lambda: _status(client, second) == "started", seconds=30, until="the next execution of the job starts")
    say(f"next execution of the job that is not concurrent started {time.monotonic() - killed:.1f} s after SIGKILL")
    client.call("POST", f"/job_executions/id/{second}/abort")
    wait(lambda: not processes_with(variable), seconds=30, until="nothing is left")


def _started(platform: Platform, *jobs: str) -> int:
    return sum(statuses(platform, job).count("started") for job in jobs)


def _dead(platform: Platform, variable: str, second: str) -> bool:
    """Tell whether nothing lives except what was started since: the next execution."""
    return all(pid in processes_with(f"EVENTLINE_JOB_EXECUTION_ID={second}") for pid in processes_with(variable))


def _final(platform: Platform, many: str, first: str) -> bool:
    alone = rows(platform, "SELECT status FROM job_executions WHERE id = $1", first)[0]["status"]
    return not {*statuses(platform, many), alone} & {"created", "started"}


def _status(client: Client, id: str) -> str:
    return str(client.retry("GET", f"/job_executions/id/{id}")["status"])

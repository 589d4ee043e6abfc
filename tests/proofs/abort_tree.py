"""Aborting a step whose processes do everything to stay."""

import time

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform
from tests.proofs.evidence import Say, processes_with, require, rows, wait

_DEAD_WITHIN = 6.0
# A child, a grandchild in a session of its own whose parent is gone, and a daemon with two forks; none minds TERM.
_PROGRAM = """\
trap '' TERM HUP
sleep 300 &
(setsid sh -c 'trap "" TERM; sleep 300' &)
setsid sh -c '(trap "" TERM; setsid sleep 300 & sleep 300) &' &
echo on
sleep 300
"""


def prove(platform: Platform, client: Client, say: Say) -> None:
    """The answer is immediate, and everything is dead within 6 s."""
    steps = [{"code": _PROGRAM}, {"code": "true"}]
    job = client.call("PUT", "/jobs/name/proof-abort", {"name": "proof-abort", "steps": steps})["id"]
    id = client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})["id"]
    variable = f"EVENTLINE_JOB_EXECUTION_ID={id}"
    wait(lambda: len(processes_with(variable)) >= 7, seconds=30, until="all processes run")
    living = len(processes_with(variable))

    started = time.monotonic()
    client.call("POST", f"/job_executions/id/{id}/abort")
    status = client.call("GET", f"/job_executions/id/{id}")["status"]
    answered = time.monotonic() - started
    require(status == "aborted", f"the API answers {status}")

    wait(lambda: not processes_with(variable), seconds=_DEAD_WITHIN, until="every process is dead")
    took = time.monotonic() - started
    found = rows(platform, "SELECT status FROM step_executions WHERE job_execution_id = $1 ORDER BY position", id)
    require([row["status"] for row in found] == ["aborted", "aborted"], f"the steps are {found}")
    say(f"abort answered and read as aborted in {answered * 1000:.0f} ms; {living} processes dead after {took:.1f} s")

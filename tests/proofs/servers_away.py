"""NATS is away for a minute, then PostgreSQL; the supervisor, which would start them again, is frozen meanwhile."""

import http.client
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform
from tests.proofs.evidence import Say, require, statuses, wait

_AWAY = 60.0
_WAITING = 100


def prove(platform: Platform, client: Client, say: Say) -> None:
    """Without NATS everything is slower; without PostgreSQL everything waits, and goes on by itself."""
    job = client.deploy("proof-away", "sleep 0.2", concurrent=True)
    _without_nats(platform, client, say, job)
    _without_postgresql(platform, client, say, job)


def _without_nats(platform: Platform, client: Client, say: Say, job: str) -> None:
    long = client.deploy("proof-away-long", f"sleep {_AWAY:g}")
    running = client.call("POST", f"/jobs/id/{long}/execute", {"parameters": {}})["id"]
    wait(lambda: statuses(platform, long) == ["started"], seconds=30, until="the long execution runs")
    with _away(platform, "nats"):
        for _ in range(_WAITING):
            client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})
        time.sleep(_AWAY)
        accepted = len(statuses(platform, job))
    require(accepted == _WAITING, f"only {accepted} of {_WAITING} executions were accepted")
    took = wait(lambda: set(statuses(platform, job)) == {"successful"}, seconds=60, until="all are successful")
    say(
        f"NATS away for {_AWAY:g} s: {_WAITING} executions accepted meanwhile, successful {took:.1f} s after its return"
    )
    wait(lambda: "started" not in statuses(platform, long), seconds=60, until="the long execution ends")
    status = client.call("GET", f"/job_executions/id/{running}")["status"]
    require(status == "successful", f"the execution that ran meanwhile is {status}")
    say("an execution that ran meanwhile is successful")


def _without_postgresql(platform: Platform, client: Client, say: Say, job: str) -> None:
    before = len(statuses(platform, job))
    for _ in range(_WAITING):
        client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})
    with _away(platform, "postgresql"):
        time.sleep(_AWAY)
        require(_is_refused(client, job), "an execution was accepted without a database")
    took = wait(lambda: _answers(client), seconds=60, until="the API answers")
    say(f"PostgreSQL away for {_AWAY:g} s: the API answered {took:.1f} s after its return")
    took = wait(lambda: _final(platform, job), seconds=60, until="all are final")
    found = statuses(platform, job)
    require(len(found) == before + _WAITING, f"there are {len(found)} executions")
    lost = found.count("failed")
    say(f"{_WAITING} executions accepted before are final {took:.1f} s later, {lost} of them failed as lost")
    client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})
    wait(lambda: _final(platform, job), seconds=30, until="a new execution ends")


@contextmanager
def _away(platform: Platform, part: str) -> Iterator[None]:
    os.kill(platform.supervisor.pid, signal.SIGSTOP)
    try:
        platform.signal(part, signal.SIGKILL)
        yield
    finally:
        os.kill(platform.supervisor.pid, signal.SIGCONT)


def _is_refused(client: Client, job: str) -> bool:
    other = client.another()
    try:
        other.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})
    except (OSError, RuntimeError, http.client.HTTPException):
        return True
    finally:
        other.close()
    return False


def _answers(client: Client) -> bool:
    other = client.another()
    try:
        return bool(other.call("GET", "/account"))
    except (OSError, RuntimeError, http.client.HTTPException):
        return False
    finally:
        other.close()


def _final(platform: Platform, job: str) -> bool:
    return not set(statuses(platform, job)) & {"created", "started"}

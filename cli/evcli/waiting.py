"""Waiting for the end of a job execution: by the stream of the server, or by asking each second where it has none."""

import contextlib
import json
import signal
import time
from collections.abc import Iterator
from types import FrameType
from typing import Final

from evcli.client import Client, Object
from evcli.durations import duration_between
from evcli.errors import ApiError, ConnectionFailure
from evcli.sse import follow
from evcli.step_output import StepPrinter
from evcli.terminal import Terminal

FINAL_STATUSES: Final = frozenset({"aborted", "successful", "failed"})
POLLING_PERIOD: Final = 1.0
# A server that restarts while we ask is given this many seconds.
POLLING_ATTEMPTS: Final = 30


def watch_execution(client: Client, id: str, printer: StepPrinter | None) -> Iterator[Object]:
    """Return the execution at each of its changes, until its end; the printer sees every event of the stream.

    Servers without a stream are asked each second; they tell nothing about steps.
    """
    try:
        for event in follow(client, "job_executions", "id", id, "follow"):
            if printer is not None:
                printer.see(event)
            if event.type == "execution":
                yield json.loads(event.data)
        yield client.get("job_executions", "id", id)
    except ApiError as error:
        if not error.is_unknown_route:
            raise
        if printer is not None:
            printer.terminal.info("the server is too old to show the output of steps")
        yield from _poll(client, id)


def announce_changes(terminal: Terminal, executions: Iterator[Object]) -> Object:
    """Print a line at each change of status and return the execution at its end."""
    status, execution = "created", {}
    for execution in executions:
        if execution.get("status") != status:
            status = str(execution.get("status"))
            message = execution.get("failure_message")
            terminal.info(f"job execution {status}" + (f": {message}" if status == "failed" and message else ""))
    # An execution that was aborted before it started has neither a start nor an end (G-47).
    took = duration_between(execution.get("start_time"), execution.get("end_time"))
    if took:
        terminal.info(f"job execution finished in {took}")
    return execution


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Make SIGTERM interrupt what is inside as SIGINT does, by KeyboardInterrupt."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _poll(client: Client, id: str) -> Iterator[Object]:
    failures = 0
    while True:
        try:
            execution = client.get("job_executions", "id", id)
        except (ConnectionFailure, ApiError) as error:
            failures += 1
            if failures > POLLING_ATTEMPTS or (isinstance(error, ApiError) and error.status < 500):
                raise
        else:
            failures = 0
            yield execution
            if execution.get("status") in FINAL_STATUSES:
                return
        time.sleep(POLLING_PERIOD)

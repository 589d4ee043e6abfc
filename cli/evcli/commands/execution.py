"""`execute-job`: instantiates a job and, if asked, waits for its end (contract evcli, section 8)."""

from collections.abc import Mapping
from typing import Any

from evcli.arguments import Argument, Option, Presence
from evcli.call import Call
from evcli.client import Object
from evcli.command import Command
from evcli.commands.lookup import JOB_NAME, job_by_name
from evcli.errors import ApiError, EvcliError
from evcli.parameters import parse_parameters
from evcli.step_output import StepPrinter
from evcli.waiting import announce_changes, interruptible, watch_execution


def _execute(call: Call) -> None:
    wait = call.options.flag("wait")
    for option in ("fail", "logs"):
        if call.options.flag(option) and not wait:
            raise EvcliError(f"option --{option} can only be used with --wait")
    name, *arguments = call.arguments
    job = job_by_name(call, name)
    parameters = parse_parameters(arguments, job["spec"].get("parameters") or ())
    execution = _instantiate(call, job, parameters)
    call.terminal.info(f"job execution {execution['id']} created")
    if wait:
        _wait(call, str(execution["id"]))


def _instantiate(call: Call, job: Object, parameters: Object) -> Object:
    try:
        execution: Object = call.api.post("jobs", "id", job["id"], "execute", body={"parameters": parameters})
    except ApiError as error:
        problems = [_problem(each) for each in error.validation_errors]
        if not problems:
            raise
        raise EvcliError(*problems, "the job cannot be executed with these parameters") from error
    return execution


def _problem(problem: Mapping[str, Any]) -> str:
    pointer, message = str(problem.get("pointer", "")), problem.get("message", "")
    name = pointer.removeprefix("/parameters").removeprefix("/").replace("~1", "/").replace("~0", "~")
    return f'invalid parameter "{name}": {message}' if name else f"invalid parameters: {message}"


def _wait(call: Call, id: str) -> None:
    printer = StepPrinter(call.terminal) if call.options.flag("logs") else None
    try:
        with interruptible():
            execution = announce_changes(call.terminal, watch_execution(call.api, id, printer))
    except KeyboardInterrupt:
        call.terminal.info(f"not waiting any longer; job execution {id} goes on")
        return
    status = execution.get("status")
    if call.options.flag("fail") and status != "successful":
        raise EvcliError(f"job execution {id} {status}")


COMMANDS = (
    Command(
        "execute-job",
        "execute a job",
        _execute,
        options=(
            Option("wait", "wait for the end of the execution", short="w"),
            Option("fail", "with --wait, exit with status 1 if the execution does not succeed", short="f"),
            Option("logs", "with --wait, print the output of steps", short="l"),
        ),
        arguments=(
            JOB_NAME,
            Argument("parameter", "a parameter, as <name>=<value>", Presence.REPEATED),
        ),
    ),
)

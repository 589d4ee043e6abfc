"""Job executions: listing, describing, aborting and restarting them."""

from collections.abc import Iterable, Sequence

from evcli.arguments import Argument, Option, Presence
from evcli.call import Call
from evcli.client import Object
from evcli.command import OUTPUT, Command
from evcli.commands.lookup import LIMIT, SIZE, job_id, newest_first
from evcli.durations import duration_between, format_instant
from evcli.errors import ApiError, UsageError
from evcli.output import Column, Field, instant, plain, show_document, show_elements, show_object, show_tree, text
from evcli.table import layout
from evcli.terminal import printable

STATUSES = ("created", "started", "aborted", "successful", "failed")
_ID = Argument("job-execution-id", "the identifier of the job execution")


def job_name(execution: Object) -> str:
    """The name of the job when the execution was created."""
    specification = execution.get("job_spec") or {}
    return plain(specification.get("name") or execution.get("job_id"))


def duration(execution: Object) -> str:
    """How long the execution, or the step, took; "" if it has not ended."""
    return duration_between(execution.get("start_time"), execution.get("end_time"))


COLUMNS = (
    Column("id", text("id")),
    Column("job", job_name),
    Column("status", text("status")),
    Column("scheduled", instant("scheduled_time")),
    Column("start", instant("start_time")),
    Column("duration", duration),
)


def _list(call: Call) -> None:
    query = [("sort", "scheduled_time"), ("order", "desc")]
    job = ("jobs", "id", job_id(call, call.arguments[0])) if call.arguments else ()
    status = call.options.text("status")
    if status is not None:
        query.append(("status", _checked(status)))
    for name in ("start", "end"):
        value = call.options.text(name)
        if value is not None:
            query.append((name, value))
    show_elements(call, newest_first(call, *job, "job_executions", query=tuple(query)), COLUMNS)


def _checked(status: str) -> str:
    unknown = [word for word in status.split(",") if word not in STATUSES]
    if unknown:
        raise UsageError(f'unknown status "{unknown[0]}"; statuses: {", ".join(STATUSES)}')
    return status


def _describe(call: Call) -> None:
    id = call.arguments[0]
    execution = call.api.get("job_executions", "id", id)
    steps: Sequence[Object] = ()
    try:
        steps = call.api.get("job_executions", "id", id, "steps")["elements"]
    except ApiError as error:
        # Old servers do not tell about steps; the rest is worth printing.
        if not error.is_unknown_route:
            raise
    if not show_document(call, execution | ({"step_executions": steps} if steps else {})):
        show_object(call, execution, lambda execution: (*_fields(execution), *_step_fields(steps)))


def _fields(execution: Object) -> Iterable[Field]:
    yield Field("Id", plain(execution.get("id")))
    yield Field("Job", job_name(execution))
    yield Field("Status", plain(execution.get("status")))
    yield Field("Failure", plain(execution.get("failure_message")))
    yield Field("Event", plain(execution.get("event_id")))
    for label, member in (("Scheduled", "scheduled_time"), ("Start", "start_time"), ("End", "end_time")):
        yield Field(label, format_instant(execution.get(member)))
    yield Field("Duration", duration(execution))
    parameters = (execution.get("parameters") or {}).items()
    yield Field("Parameters", lines=[f"  {printable(name)}: {printable(plain(value))}" for name, value in parameters])


def _step_fields(steps: Sequence[Object]) -> Iterable[Field]:
    rows = [
        [
            printable(cell)
            for cell in (plain(s.get("position")), plain(s.get("label")), plain(s.get("status")), duration(s))
        ]
        + [printable(plain(s.get("failure_message")))]
        for s in steps
    ]
    yield Field("Steps", lines=[f"  {line.rstrip()}" for line in layout(rows)] if rows else ())


def _describe_step(call: Call) -> None:
    show_object(call, call.api.get("step_executions", "id", call.arguments[0]), show_tree)


def _abort(call: Call) -> None:
    call.api.post("job_executions", "id", call.arguments[0], "abort")
    call.terminal.info("job execution aborted")


def _restart(call: Call) -> None:
    call.api.post("job_executions", "id", call.arguments[0], "restart")
    call.terminal.info("job execution restarted")


COMMANDS = (
    Command("abort-job-execution", "abort a job execution", _abort, arguments=(_ID,)),
    Command(
        "describe-job-execution",
        "print information about a job execution and its steps",
        _describe,
        options=(OUTPUT,),
        arguments=(_ID,),
    ),
    Command(
        "describe-step-execution",
        "print information about one step of a job execution",
        _describe_step,
        options=(OUTPUT,),
        arguments=(Argument("step-execution-id", "the identifier of the step execution"),),
    ),
    Command(
        "list-job-executions",
        "list the executions of a job, or of all jobs, the newest ones first",
        _list,
        options=(
            Option("status", "only executions with one of these statuses, separated by commas", value="status"),
            Option("start", "only executions scheduled at this date (RFC 3339) or later", value="date"),
            Option("end", "only executions scheduled before this date (RFC 3339)", value="date"),
            SIZE,
            LIMIT,
            OUTPUT,
        ),
        arguments=(Argument("job", "the name of the job", Presence.OPTIONAL, completes="jobs"),),
    ),
    Command("restart-job-execution", "restart a job execution", _restart, arguments=(_ID,)),
)

"""The query parameters that choose which executions are listed."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from pydantic import WithJsonSchema

from eventline_api.job_executions.execution import ExecutionFilter
from eventline_api.query_parameters import ID_SCHEMA, MOMENT_SCHEMA, read_choices, read_id, read_moment
from eventline_common.domain.states import Status
from eventline_common.ids import JobId

_FIRST_MOMENT = datetime(1, 1, 1, tzinfo=UTC)
_LAST_MOMENT = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_STATUSES = tuple(status.value for status in Status)

_STATUS_SCHEMA = {"type": "string", "pattern": f"^({'|'.join(_STATUSES)})(,({'|'.join(_STATUSES)}))*$"}

_Statuses = Annotated[
    str | None,
    WithJsonSchema(_STATUS_SCHEMA),
    Query(description="Only executions in one of these states, separated by commas.", examples=["failed,aborted"]),
]
_Start = Annotated[
    str | None,
    WithJsonSchema(MOMENT_SCHEMA),
    Query(description="Only executions scheduled at this time (RFC 3339 or Unix seconds) or later."),
]
_End = Annotated[
    str | None,
    WithJsonSchema(MOMENT_SCHEMA),
    Query(description="Only executions scheduled before this time (RFC 3339 or Unix seconds)."),
]
_Job = Annotated[
    str | None, WithJsonSchema(ID_SCHEMA), Query(description="Only executions of the job with this identifier.")
]


async def executions_of_job(
    status: _Statuses = None,
    start: _Start = None,
    end: _End = None,
) -> ExecutionFilter:
    """Read what is asked for of the executions of one job."""
    statuses = read_choices("status", status, _STATUSES)
    return ExecutionFilter(
        start=read_moment("start", start) or _FIRST_MOMENT,
        end=read_moment("end", end) or _LAST_MOMENT,
        statuses=[Status(name) for name in statuses or _STATUSES],
    )


async def executions_of_project(
    job: _Job = None,
    status: _Statuses = None,
    start: _Start = None,
    end: _End = None,
) -> ExecutionFilter:
    """Read what is asked for of the executions of a project."""
    job_id = read_id("job", job)
    wanted = await executions_of_job(status, start, end)
    return ExecutionFilter(
        start=wanted.start, end=wanted.end, statuses=wanted.statuses, job_id=JobId(job_id) if job_id else None
    )

"""Values and errors of job executions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.domain.states import FINAL, Status
from eventline_common.errors import InvalidValue, NotFound
from eventline_common.ids import EventId, ExecutionId, JobId, ProjectId, StepId

UNFINISHED = frozenset(Status) - FINAL


class UnknownJobExecution(NotFound):
    """The selected project has no such job execution."""

    code = "unknown_job_execution"

    def __init__(self, id: str) -> None:
        super().__init__(f'unknown job execution "{id}"')


class JobExecutionFinished(InvalidValue):
    """Only executions that are created or started can be aborted."""

    code = "job_execution_finished"

    def __init__(self, id: str) -> None:
        super().__init__(f'job execution "{id}" is finished: there is nothing to abort')


class JobExecutionNotFinished(InvalidValue):
    """Only finished executions can be restarted."""

    code = "job_execution_not_finished"

    def __init__(self, id: str) -> None:
        super().__init__(f'job execution "{id}" is not finished: abort it or wait for its end before restarting it')


@dataclass(frozen=True, slots=True, kw_only=True)
class JobExecution:
    """A job execution with the specification that it was instantiated with."""

    id: ExecutionId
    project_id: ProjectId
    job_id: JobId
    job_spec: Mapping[str, object]
    creation_time: datetime
    update_time: datetime
    scheduled_time: datetime
    status: Status = Status.CREATED
    event_id: EventId | None = None
    parameters: Mapping[str, object] | None = None
    attempt: int = 1
    start_time: datetime | None = None
    end_time: datetime | None = None
    refresh_time: datetime | None = None
    expiration_time: datetime | None = None
    failure_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepExecution:
    """A step of a job execution; `output_size` counts the bytes that are stored so far."""

    id: StepId
    project_id: ProjectId
    job_execution_id: ExecutionId
    position: int
    label: str
    status: Status
    start_time: datetime | None
    end_time: datetime | None
    failure_message: str | None
    output_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionFilter:
    """Which executions to list: `start` is included, `end` is not; both are about the scheduled time."""

    start: datetime
    end: datetime
    statuses: Sequence[Status]
    job_id: JobId | None = None

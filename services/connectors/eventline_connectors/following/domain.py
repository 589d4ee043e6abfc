"""Who is told of the end of an execution, and what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from eventline_common.domain.following import LONGEST_CHAIN, follows
from eventline_common.ids import ExecutionId, JobId, ProjectId, SubscriptionId
from eventline_common.times import format_time
from eventline_connectors.events_store import NewEvent

CONNECTOR, NAME = "eventline", "job_execution_finished"


@dataclass(frozen=True, slots=True)
class Finished:
    """An end of an execution; the names are None when the project or the job has been deleted since.

    `depth` is the place of the execution in a chain of executions that follow each other: 1 if it follows none.
    """

    execution_id: ExecutionId
    attempt: int
    project_id: ProjectId
    project_name: str | None
    job_id: JobId
    job_name: str | None
    status: str
    start_time: datetime | None
    end_time: datetime
    failure_message: str | None
    depth: int


@dataclass(frozen=True, slots=True)
class FollowerSubscription:
    """An active subscription of a job that follows others."""

    id: SubscriptionId
    project_id: ProjectId
    job_id: JobId
    parameters: Mapping[str, object]


def is_told(follower: FollowerSubscription, finished: Finished) -> bool:
    """Tell whether a follower is to hear of an end; no job ever hears of its own."""
    return (
        follower.project_id == finished.project_id
        and follower.job_id != finished.job_id
        and finished.job_name is not None
        and finished.project_name is not None
        and follows(follower.parameters, job=finished.job_name, status=finished.status)
    )


def is_last(finished: Finished) -> bool:
    """Tell whether nothing may follow an execution any more, because its chain is too long to have an end."""
    return finished.depth >= LONGEST_CHAIN


def chain_error(finished: Finished) -> str:
    """Say, to whom would have followed, why that did not happen."""
    return (
        f'job execution {finished.execution_id} of job "{finished.job_name}" was not followed: '
        f"it is number {finished.depth} of a chain of executions that follow each other, and more are not allowed"
    )


def event_of(follower: FollowerSubscription, finished: Finished) -> NewEvent:
    """Return the event of a follower."""
    optional = {
        "start_time": None if finished.start_time is None else format_time(finished.start_time),
        "failure_message": finished.failure_message,
    }
    data: dict[str, object] = {
        "project": finished.project_name,
        "project_id": finished.project_id,
        "job": finished.job_name,
        "job_id": finished.job_id,
        "job_execution_id": finished.execution_id,
        "attempt": finished.attempt,
        "status": finished.status,
        "end_time": format_time(finished.end_time),
        "depth": finished.depth,
        **{name: value for name, value in optional.items() if value is not None},
    }
    occurrence = f"{finished.execution_id} {finished.attempt}"
    return NewEvent(
        follower.id, follower.project_id, follower.job_id, occurrence, finished.end_time, CONNECTOR, NAME, data
    )

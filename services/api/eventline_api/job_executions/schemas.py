"""Job executions on the wire (contract http-api, section 11)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from eventline_api.job_executions.execution import JobExecution, StepExecution
from eventline_api.jobs.specification_schemas import JobSpecification
from eventline_common.domain.states import Status
from eventline_common.http.views import Id


class JobExecutionView(BaseModel):
    """A job execution."""

    id: Id
    project_id: Id
    job_id: Id
    job_spec: JobSpecification = Field(description="The specification of the job when it was instantiated.")
    event_id: Id | None = Field(default=None, description="Executions that an event triggered.")
    parameters: dict[str, Any] | None = Field(
        default=None, description="Manual executions of jobs with parameters.", examples=[{"size": 2}]
    )
    creation_time: datetime
    update_time: datetime
    scheduled_time: datetime
    status: Status = Field(examples=["failed"])
    start_time: datetime | None = None
    end_time: datetime | None = None
    refresh_time: datetime | None = Field(default=None, description="While running.")
    expiration_time: datetime | None = Field(default=None, description="When a finished execution will be deleted.")
    failure_message: str | None = Field(default=None, examples=["program exited with status 1"])


class StepExecutionView(BaseModel):
    """The execution of a step."""

    id: Id
    project_id: Id
    job_execution_id: Id
    position: int = Field(ge=1, examples=[1])
    label: str = Field(examples=["Step 1"])
    status: Status = Field(examples=["failed"])
    start_time: datetime | None = None
    end_time: datetime | None = None
    failure_message: str | None = Field(default=None, examples=["program exited with status 1"])
    output_size: int = Field(ge=0, description="The number of bytes of output that are stored so far.", examples=[13])


class StepExecutionsView(BaseModel):
    """The steps of a job execution, in their order."""

    elements: list[StepExecutionView]


def execution_view(execution: JobExecution) -> dict[str, object]:
    """Return the object of an execution; what is absent is omitted."""
    view: dict[str, object] = {
        "id": execution.id,
        "project_id": execution.project_id,
        "job_id": execution.job_id,
        "job_spec": execution.job_spec,
        "event_id": execution.event_id,
        "parameters": execution.parameters or None,
        "creation_time": execution.creation_time,
        "update_time": execution.update_time,
        "scheduled_time": execution.scheduled_time,
        "status": execution.status.value,
        "start_time": execution.start_time,
        "end_time": execution.end_time,
        "refresh_time": execution.refresh_time,
        "expiration_time": execution.expiration_time,
        "failure_message": execution.failure_message,
    }
    return _present(view)


def step_view(step: StepExecution) -> dict[str, object]:
    """Return the object of a step execution; what is absent is omitted."""
    view: dict[str, object] = {
        "id": step.id,
        "project_id": step.project_id,
        "job_execution_id": step.job_execution_id,
        "position": step.position,
        "label": step.label,
        "status": step.status.value,
        "start_time": step.start_time,
        "end_time": step.end_time,
        "failure_message": step.failure_message,
        "output_size": step.output_size,
    }
    return _present(view)


def steps_view(steps: Sequence[StepExecution]) -> dict[str, object]:
    """Return the list of the steps of an execution."""
    return {"elements": [step_view(step) for step in steps]}


def _present(view: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in view.items() if value is not None}

"""Jobs on the wire (contract http-api, section 11; job-spec.md, section 13)."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from eventline_api.jobs.specification_schemas import NAME_PATTERN
from eventline_api.jobs.store import Job


class JobView(BaseModel):
    """A job."""

    id: str
    project_id: str
    creation_time: datetime
    update_time: datetime
    disabled: bool = Field(default=False, description="Only present when true.")
    spec: dict[str, Any] = Field(description="The specification: see the request body of a deployment.")


class RenameBody(BaseModel):
    """Another name, and another description; an absent description clears it."""

    name: str = Field(min_length=1, max_length=100, pattern=NAME_PATTERN, examples=["hello-universe"])
    description: str | None = Field(default=None, max_length=500)


class ExecutionInput(BaseModel):
    """The parameters of a manual execution, by name; those that are absent take their defaults."""

    parameters: dict[str, Any] = Field(examples=[{}])


def job_view(job: Job) -> dict[str, object]:
    """Return the object of a job; `disabled` is only there when it is true."""
    return {
        "id": job.id,
        "project_id": job.project_id,
        "creation_time": job.creation_time,
        "update_time": job.update_time,
        **({"disabled": True} if job.disabled else {}),
        "spec": job.spec,
    }

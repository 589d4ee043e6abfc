"""Jobs on the wire (contract http-api, section 11; job-spec.md, section 13)."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from eventline_api.jobs.specification_schemas import JobSpecification
from eventline_api.jobs.store import Job
from eventline_common.http.views import Id, Name


class JobView(BaseModel):
    """A job."""

    id: Id
    project_id: Id
    creation_time: datetime
    update_time: datetime
    disabled: bool = Field(default=False, description="Only present when true.", examples=[True])
    spec: JobSpecification


class RenameBody(BaseModel):
    """Another name, and another description; an absent description clears it."""

    name: Name
    description: str | None = Field(default=None, max_length=500, examples=["Says hello"])


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

"""Jobs on the wire (contract http-api, section 11; job-spec.md, section 13)."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from eventline_api.jobs.store import Job

_NAME = r"^[a-z0-9][a-z0-9\-_]*$"


class JobSpecification(BaseModel):
    """A job specification, as in a job file (handbook, chapter 2); unknown members are ignored."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "hello-world",
                    "trigger": {"event": "time/tick", "parameters": {"periodic": 30}},
                    "steps": [{"label": "Say hello", "code": "echo 'Hello world!'"}],
                }
            ]
        }
    )

    name: str = Field(min_length=1, max_length=100, pattern=_NAME, examples=["hello-world"])
    description: str | None = Field(default=None, max_length=500)
    trigger: dict[str, Any] | None = None
    parameters: list[dict[str, Any]] | None = None
    runner: dict[str, Any] | None = None
    concurrent: bool | None = None
    retention: int | None = Field(default=None, ge=0, description="Days; 0 is the setting of the server.")
    identities: list[str] | None = None
    environment: dict[str, str] | None = None
    steps: list[dict[str, Any]] = Field(min_length=1, examples=[[{"code": "echo hello"}]])


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

    name: str = Field(min_length=1, max_length=100, pattern=_NAME, examples=["hello-universe"])
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

"""Job specifications as the OpenAPI document shows them; reading and checking them is up to the domain."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

NAME_PATTERN = r"^[a-z0-9][a-z0-9\-_]*$"

_EXAMPLE: dict[str, Any] = {
    "name": "hello-world",
    "description": "Says hello",
    "trigger": {"event": "time/tick", "parameters": {"periodic": 30}},
    "runner": {"name": "local", "parameters": {}},
    "steps": [{"label": "Say hello", "code": "echo 'Hello world!'"}],
}


class FilterSpecification(BaseModel):
    """A condition on the data of an event; all predicates that are given must hold."""

    path: str | None = Field(default=None, pattern="^(/.*)?$", description="A JSON pointer.", examples=["/branch"])
    is_equal_to: Any = None
    is_not_equal_to: Any = None
    matches: str | None = Field(default=None, description="A regular expression (RE2), found anywhere.")
    does_not_match: str | None = Field(default=None, description="A regular expression (RE2), found nowhere.")


class TriggerSpecification(BaseModel):
    """The event that executes the job."""

    event: str = Field(pattern="^[^/]+/.+$", examples=["time/tick"])
    parameters: dict[str, Any] | None = Field(default=None, examples=[{"hourly": {"minute": 30}}])
    identity: str | None = None
    filters: list[FilterSpecification] | None = None


class ParameterSpecification(BaseModel):
    """A value that is given when the job is executed by hand; without a default it is mandatory."""

    name: str = Field(min_length=1, max_length=100, pattern=NAME_PATTERN)
    type: str = Field(pattern="^(number|integer|string|boolean)$")
    values: list[str] | None = Field(default=None, description="The strings that are possible.")
    default: Any = None
    description: str | None = None
    environment: str | None = Field(default=None, description="The environment variable that gets the value.")
    secret: bool | None = Field(default=None, description="Stored encrypted, and shown to nobody but the programs.")


class RunnerSpecification(BaseModel):
    """Where the job runs."""

    name: str = Field(examples=["local", "docker", "ssh", "kubernetes"])
    parameters: dict[str, Any] | None = Field(default=None, examples=[{"image": "alpine:3.20"}])
    identity: str | None = None


class CommandSpecification(BaseModel):
    """A program that is looked up in `PATH`."""

    name: str = Field(min_length=1)
    arguments: list[str] | None = None


class ScriptSpecification(BaseModel):
    """A script file, with its content."""

    path: str = Field(min_length=1)
    arguments: list[str] | None = None
    content: str | None = None


class StepSpecification(BaseModel):
    """A program: exactly one of `code`, `command` and `script`."""

    label: str | None = Field(default=None, max_length=100)
    code: str | None = None
    command: CommandSpecification | None = None
    script: ScriptSpecification | None = None
    on_failure: str | None = Field(default=None, pattern="^(abort|continue)$")


class JobSpecification(BaseModel):
    """A job specification, as in a job file (handbook, chapter 2); unknown members are ignored."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: str = Field(min_length=1, max_length=100, pattern=NAME_PATTERN, examples=["hello-world"])
    description: str | None = Field(default=None, max_length=500)
    trigger: TriggerSpecification | None = None
    parameters: list[ParameterSpecification] | None = None
    runner: RunnerSpecification | None = None
    concurrent: bool | None = None
    retention: int | None = Field(default=None, ge=0, description="Days; 0 is the setting of the server.")
    identities: list[str] | None = None
    environment: dict[str, str] | None = None
    mask_secrets: bool | None = Field(default=None, description="Hide secrets in output; true if absent.")
    steps: list[StepSpecification] = Field(min_length=1)

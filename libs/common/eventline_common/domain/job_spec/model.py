"""The job specification as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class OnFailure(StrEnum):
    """What the failure of a step does to the execution."""

    ABORT = "abort"
    CONTINUE = "continue"


class ParameterType(StrEnum):
    """What a parameter may be."""

    NUMBER = "number"
    INTEGER = "integer"
    STRING = "string"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on the data of an event; `predicates` holds those that were given."""

    path: str
    predicates: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Trigger:
    """When to execute the job; `parameters` are normalised."""

    connector: str
    event: str
    parameters: Mapping[str, object]
    identity: str = ""
    filters: Sequence[Filter] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A typed value that people give when they execute the job; no default makes it mandatory.

    The value of a secret one is stored encrypted, and shown to nobody but the programs of the job.
    """

    name: str
    type: ParameterType
    values: Sequence[str] = ()
    default: object | None = None
    description: str = ""
    environment: str = ""
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Runner:
    """Where the job runs; `parameters` are as they were given, so possibly None."""

    name: str = "local"
    parameters: Mapping[str, object] | None = field(default_factory=dict)
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A program that is looked up in `PATH`."""

    name: str
    arguments: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """A file beside the job file, with its content."""

    path: str
    arguments: Sequence[str] = ()
    content: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One program: exactly one of code, command and script is there."""

    label: str
    code: str = ""
    command: Command | None = None
    script: Script | None = None
    on_failure: OnFailure = OnFailure.ABORT
    on_failure_given: bool = False


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A whole specification; `mask_secrets` hides secrets of identities and parameters in what its programs print."""

    name: str
    steps: Sequence[Step]
    description: str = ""
    trigger: Trigger | None = None
    parameters: Sequence[Parameter] = ()
    runner: Runner = field(default_factory=Runner)
    concurrent: bool = False
    retention: int = 0
    identities: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    mask_secrets: bool = True

    @property
    def used_identities(self) -> Sequence[str]:
        """The names of all identities of an execution: trigger, runner, listed; each once."""
        trigger = [self.trigger.identity] if self.trigger else []
        return [name for name in dict.fromkeys([*trigger, self.runner.identity, *self.identities]) if name]

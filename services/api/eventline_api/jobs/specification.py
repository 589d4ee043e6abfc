"""Reads and checks specifications, in the order and with the pointers of contract http-api, section 10.4."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eventline_api.jobs.loops import check_loops
from eventline_api.jobs.reference_store import list_identities
from eventline_common.catalog.events import CONNECTORS
from eventline_common.db.session import Tx
from eventline_common.domain import json_pointer
from eventline_common.domain.job_spec import JobSpec, check_references, decode_job_spec, read_represented, represent
from eventline_common.domain.parameters import check_values, hide_secrets, secret_values
from eventline_common.domain.validation import DecodeError, ValidationError
from eventline_common.errors import InvalidRequestBody
from eventline_common.ids import ProjectId
from eventline_common.settings import Settings


@dataclass(frozen=True, slots=True)
class SpecificationRules:
    """What the configuration of the server allows."""

    allowed_runners: Sequence[str]
    enabled_connectors: frozenset[str]
    jobs_per_deployment: int

    @classmethod
    def of(cls, settings: Settings) -> "SpecificationRules":
        """Return the rules of a configuration."""
        disabled = set() if settings.connectors.github.enabled else {"github"}
        return cls(
            allowed_runners=settings.allowed_runners,
            enabled_connectors=frozenset(CONNECTORS) - disabled,
            jobs_per_deployment=settings.limits.jobs_per_deployment,
        )


async def read_specification(
    tx: Tx, project_id: ProjectId, body: object, rules: SpecificationRules, *, name: str
) -> Mapping[str, object]:
    """Return the represented specification in the body of a deployment to `name`; raise InvalidRequestBody.

    References are only checked once the structure is valid.
    """
    spec, errors = _decode(body, rules, ())
    if not errors and spec.name != name:
        message = f'the specification is of job "{spec.name[:100]}", but it was sent to job "{name[:100]}"'
        errors.append(ValidationError("/name", "invalid_value", message))
    if not errors:
        errors += await _check_references(tx, project_id, [(spec, ())], rules)
    _refuse(errors)
    return represent(spec)


async def read_specifications(
    tx: Tx, project_id: ProjectId, body: object, rules: SpecificationRules
) -> Sequence[Mapping[str, object]]:
    """Return the represented specifications in an array; raise InvalidRequestBody with everything that is wrong."""
    if not isinstance(body, list):
        raise InvalidRequestBody("invalid request body: expected an array of job specifications")
    if len(body) > rules.jobs_per_deployment:
        raise InvalidRequestBody(
            f"invalid request body: {len(body)} jobs in one deployment, at most {rules.jobs_per_deployment} are allowed"
        )
    found: list[tuple[JobSpec, tuple[object, ...]]] = []
    errors: list[ValidationError] = []
    for index, element in enumerate(body):
        spec, wrong = _decode(element, rules, (index,))
        found.append((spec, (index,)))
        errors += wrong
    errors += _duplicates([spec for spec, _ in found])
    errors += await _check_references(tx, project_id, found, rules)
    _refuse(sorted(errors, key=lambda error: int(error.pointer.split("/")[1])))
    return [represent(spec) for spec, _ in found]


async def check_stored_specification(
    tx: Tx, project_id: ProjectId, stored: Mapping[str, object], rules: SpecificationRules
) -> None:
    """Check once more a specification that was represented; raise InvalidRequestBody when it is no longer valid."""
    spec, errors = _decode(stored, rules, ())
    if not errors:
        errors += await _check_references(tx, project_id, [(spec, ())], rules)
    _refuse(errors)


@dataclass(frozen=True, slots=True)
class CompleteParameters:
    """The parameters of an execution: as people may see them, and the values of those that are secret."""

    shown: Mapping[str, object] = field(default_factory=dict)
    secret: Mapping[str, object] = field(default_factory=dict, repr=False)


def complete_parameters(stored: Mapping[str, object], given: Mapping[str, object]) -> CompleteParameters:
    """Return the parameters of a manual execution, defaults included; raise InvalidRequestBody."""
    if not stored.get("parameters") and not given:
        return CompleteParameters()
    parameters = read_represented(stored).parameters
    values, errors = check_values(parameters, given)
    _refuse(errors)
    return CompleteParameters(hide_secrets(parameters, values), secret_values(parameters, values))


def _decode(
    value: object, rules: SpecificationRules, tokens: tuple[object, ...]
) -> tuple[JobSpec, list[ValidationError]]:
    try:
        return decode_job_spec(value, allowed_runners=rules.allowed_runners, tokens=tokens)
    except DecodeError as error:
        raise InvalidRequestBody(f"invalid request body: {error}") from error


async def _check_references(
    tx: Tx,
    project_id: ProjectId,
    specs: Sequence[tuple[JobSpec, tuple[object, ...]]],
    rules: SpecificationRules,
) -> list[ValidationError]:
    names = sorted({name for spec, _ in specs for name in spec.used_identities})
    identities = await list_identities(tx, project_id, names)
    errors = [
        error
        for spec, tokens in specs
        for error in check_references(
            spec, identities=identities, enabled_connectors=rules.enabled_connectors, tokens=tokens
        )
    ]
    return errors + await check_loops(tx, project_id, specs)


def _duplicates(specs: Sequence[JobSpec]) -> list[ValidationError]:
    seen: dict[str, int] = {}
    errors: list[ValidationError] = []
    for index, spec in enumerate(specs):
        if spec.name and spec.name in seen:
            message = f'the name "{spec.name[:100]}" is that of element {seen[spec.name]} of this deployment already'
            errors.append(ValidationError(json_pointer.build(index, "name"), "duplicate_job_name", message))
        seen.setdefault(spec.name, index)
    return errors


def _refuse(errors: Sequence[ValidationError]) -> None:
    if errors:
        raise InvalidRequestBody.of(errors)

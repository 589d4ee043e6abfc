"""Checks what a specification refers to in its project and on its server (contract job-spec, section 2)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from eventline_common.catalog.events import EVENTS
from eventline_common.catalog.runners import RUNNERS
from eventline_common.domain import json_pointer
from eventline_common.domain.job_spec.model import JobSpec
from eventline_common.domain.validation import ValidationError


@dataclass(frozen=True, slots=True)
class KnownIdentity:
    """An identity of the project: its status, and its type such as `generic/password`."""

    status: str
    type: str


@dataclass(frozen=True, slots=True)
class IdentityReference:
    """A place that names an identity; `types` are those that are of use there, all if empty."""

    tokens: tuple[object, ...]
    name: str
    types: Sequence[str] = ()


_UNUSABLE = {
    "pending": ("pending_identity", 'identity "{}" is pending: its initialization is not complete'),
    "error": ("malfunctioning_identity", 'identity "{}" has an error'),
}


def identity_references(spec: JobSpec) -> list[IdentityReference]:
    """Return every place of a specification that names an identity."""
    found: list[IdentityReference] = []
    if spec.trigger is not None and spec.trigger.identity:
        event = EVENTS.get((spec.trigger.connector, spec.trigger.event))
        types = event.identity_types if event is not None else ()
        found.append(IdentityReference(("trigger", "identity"), spec.trigger.identity, types))
    if spec.runner.identity:
        runner = RUNNERS.get(spec.runner.name)
        types = runner.identity_types if runner is not None else ()
        found.append(IdentityReference(("runner", "identity"), spec.runner.identity, types))
    found += [IdentityReference(("identities", position), name) for position, name in enumerate(spec.identities)]
    return found


def check_references(
    spec: JobSpec,
    *,
    identities: Mapping[str, KnownIdentity],
    enabled_connectors: Collection[str],
    tokens: tuple[object, ...] = (),
) -> list[ValidationError]:
    """Return everything that a specification refers to and that is not there, or of no use."""
    found = [
        error
        for reference in identity_references(spec)
        if (error := _check_identity(reference, identities.get(reference.name), tokens)) is not None
    ]
    if spec.trigger is None:
        return found
    connector = spec.trigger.connector
    if (connector, spec.trigger.event) in EVENTS and connector not in enabled_connectors:
        message = f'connector "{connector}" is disabled in the configuration of the server'
        found.append(ValidationError(json_pointer.build(*tokens, "trigger", "event"), "disabled_connector", message))
    if mandatory := [parameter.name for parameter in spec.parameters if parameter.default is None]:
        message = f"a job with a trigger cannot have parameters without default: {', '.join(mandatory)}"
        code = "invalid_trigger_with_mandatory_parameters"
        found.append(ValidationError(json_pointer.build(*tokens, "trigger"), code, message))
    return found


def _check_identity(
    reference: IdentityReference, known: KnownIdentity | None, tokens: tuple[object, ...]
) -> ValidationError | None:
    pointer = json_pointer.build(*tokens, *reference.tokens)
    if known is None:
        return ValidationError(pointer, "unknown_identity", f'unknown identity "{reference.name}"')
    if known.status in _UNUSABLE:
        code, message = _UNUSABLE[known.status]
        return ValidationError(pointer, code, message.format(reference.name))
    if reference.types and known.type not in reference.types:
        message = f'identity "{reference.name}" is of type {known.type}; usable here: {", ".join(reference.types)}'
        return ValidationError(pointer, "invalid_identity_type", message)
    return None

"""Reads and checks a specification as a client sent it (contract job-spec, sections 2 to 7 and 14)."""

from collections.abc import Mapping, Sequence
from functools import partial

from eventline_common.catalog.events import CONNECTORS, EVENTS, Event
from eventline_common.catalog.runners import RUNNERS
from eventline_common.domain import json_pointer
from eventline_common.domain.filters import InvalidExpression, compile_expression
from eventline_common.domain.job_spec.decode_steps import read_steps
from eventline_common.domain.job_spec.model import Filter, JobSpec, Parameter, ParameterType, Runner, Trigger
from eventline_common.domain.parameters import fits
from eventline_common.domain.validation import DecodeError, Reader, ValidationError, check_name

_DESCRIPTION_LENGTH = 500
# Days; the end of an execution plus its retention must be a date.
_MOST_RETENTION = 1_000_000


def decode_job_spec(
    value: object, *, allowed_runners: Sequence[str], tokens: tuple[object, ...] = ()
) -> tuple[JobSpec, list[ValidationError]]:
    """Read a specification and return it with everything that is wrong with it; it is sound if nothing is.

    `allowed_runners` is the setting; `tokens` is where the document stands in the body. Raises DecodeError for wrong
    JSON types, unknown members of runner parameters, and event references or pointers that cannot be read.
    """
    reader = Reader.of(value, tokens, [])
    spec = JobSpec(
        name=reader.name(),
        description=reader.bounded("description", 0, _DESCRIPTION_LENGTH),
        trigger=_read_trigger(reader),
        parameters=_read_parameters(reader),
        runner=_read_runner(reader, allowed_runners),
        concurrent=reader.boolean("concurrent"),
        retention=reader.integer("retention", least=1, most=_MOST_RETENTION, zero=True),
        identities=_read_identities(reader),
        environment=_read_environment(reader),
        steps=read_steps(reader),
        mask_secrets=reader.boolean("mask_secrets", default=True),
    )
    return spec, reader.errors


def _read_trigger(job: Reader) -> Trigger | None:
    reader = job.child("trigger")
    if reader is None:
        return None
    connector, event = _split_event(reader)
    identity = reader.text("identity")
    if identity:
        check_name(identity, partial(reader.wrong, "identity"))
    known = EVENTS.get((connector, event))
    parameters = {} if known is None else _read_event_parameters(reader, known)
    if known is not None and not identity and known.needs_identity(parameters):
        message = (
            f"event {known.reference} with these parameters needs an identity: {' or '.join(known.identity_types)}"
        )
        reader.wrong("identity", "missing_or_empty_string", message)
    return Trigger(
        connector=connector,
        event=event,
        parameters=parameters,
        identity=identity,
        filters=[_read_filter(child) for _, child in reader.children("filters")],
    )


def _split_event(reader: Reader) -> tuple[str, str]:
    text = reader.text("event")
    connector, slash, event = text.partition("/")
    if not (connector and slash and event):
        place = json_pointer.build(*reader.tokens, "event")
        raise DecodeError(f'{place}: invalid event "{text}"; write it as <connector>/<event>, such as time/tick')
    if connector not in CONNECTORS:
        message = (
            f'unknown connector "{connector}"; connectors with events: {", ".join(sorted({c for c, _ in EVENTS}))}'
        )
        reader.wrong("event", "unknown_connector", message)
    elif (connector, event) not in EVENTS:
        known = ", ".join(name for owner, name in EVENTS if owner == connector) or "none"
        message = f'unknown event "{event}" of connector "{connector}"; its events: {known}'
        reader.wrong("event", "unknown_event", message)
    return connector, event


def _read_event_parameters(reader: Reader, event: Event) -> Mapping[str, object]:
    child = reader.child("parameters")
    if child is None and event.default_parameters is not None:
        return event.default_parameters
    return event.read_parameters(child or reader.at("parameters"))


def _read_filter(reader: Reader) -> Filter:
    path = reader.text("path")
    try:
        json_pointer.parse(path)
    except json_pointer.InvalidPointer as error:
        raise DecodeError(f"{json_pointer.build(*reader.tokens, 'path')}: {error}") from error
    predicates: dict[str, object] = {
        name: reader.value[name] for name in ("is_equal_to", "is_not_equal_to") if reader.value.get(name) is not None
    }
    for name in ("matches", "does_not_match"):
        if expression := reader.text(name):
            predicates[name] = expression
            try:
                compile_expression(expression)
            except InvalidExpression as error:
                reader.wrong(name, "invalid_regexp", str(error))
    return Filter(path, predicates)


def _read_parameters(job: Reader) -> list[Parameter]:
    found: list[Parameter] = []
    for _, reader in job.children("parameters"):
        parameter = _read_parameter(reader)
        if parameter.name and parameter.name in {other.name for other in found}:
            reader.wrong("name", "duplicate_parameter", f'another parameter is named "{parameter.name}" already')
        found.append(parameter)
    return found


def _read_parameter(reader: Reader) -> Parameter:
    name = reader.name()
    kind = reader.choice("type", [each.value for each in ParameterType])
    values, default, environment = reader.texts("values"), reader.value.get("default"), reader.text("environment")
    if environment:
        _check_variable(reader, "environment", environment)
    if kind not in list(ParameterType):
        return Parameter(name, ParameterType.STRING, default=default)
    typed = ParameterType(kind)
    if values and typed is not ParameterType.STRING:
        reader.wrong("values", "unexpected_value", f"values belong to parameters of type string, not {kind}")
    if default is not None:
        if not fits(typed, default):
            reader.wrong("default", "invalid_type", f"the default value is not of type {kind}")
        elif values and typed is ParameterType.STRING and default not in values:
            reader.wrong("default", "invalid_value", f'"{default}" is not one of {", ".join(values)}')
    secret = reader.boolean("secret")
    if secret:
        _check_secret(reader)
    return Parameter(name, typed, values, default, reader.text("description"), environment, secret)


def _check_secret(reader: Reader) -> None:
    for member in ("default", "values"):
        if reader.value.get(member):
            message = f"a secret parameter cannot have {member}: everybody who sees the job would see the secret"
            reader.wrong(member, "unexpected_value", message)


def _read_runner(job: Reader, allowed: Sequence[str]) -> Runner:
    reader = job.child("runner")
    if reader is None:
        if "local" not in allowed:
            _refuse_runner(job.at("runner"), "local", allowed)
        return Runner()
    name = reader.text("name")
    identity = reader.text("identity")
    if name not in RUNNERS:
        reader.wrong("name", "invalid_value", f'unknown runner "{name}"; known runners: {", ".join(sorted(RUNNERS))}')
    else:
        if name not in allowed:
            _refuse_runner(reader, name, allowed)
        RUNNERS[name].check_parameters(reader.child("parameters") or reader.at("parameters"))
    if identity:
        check_name(identity, partial(reader.wrong, "identity"))
    given = reader.value.get("parameters")
    return Runner(name, given if isinstance(given, Mapping) else None, identity)


def _refuse_runner(reader: Reader, name: str, allowed: Sequence[str]) -> None:
    message = f'runner "{name}" is not configured here; runners that jobs may use: {", ".join(allowed)}'
    reader.wrong("name", "invalid_value", message)


def _read_identities(job: Reader) -> list[str]:
    names, place = job.texts("identities"), job.at("identities")
    for position, name in enumerate(names):
        check_name(name, partial(place.wrong, str(position)))
    return names


def _read_environment(job: Reader) -> dict[str, str]:
    found, place = job.text_members("environment"), job.at("environment")
    for name, value in found.items():
        _check_variable(place, name, name)
        if "\0" in value:
            place.wrong(name, "invalid_value", "the value of an environment variable cannot contain a NUL character")
    return found


def _check_variable(reader: Reader, member: str, name: str) -> None:
    if not name or "=" in name or "\0" in name:
        message = f'"{name}" cannot be the name of an environment variable: it is empty, or contains "=" or NUL'
        reader.wrong(member, "invalid_value", message)

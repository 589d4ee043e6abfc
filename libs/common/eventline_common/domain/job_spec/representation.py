"""What is stored and returned of a specification (contract job-spec, section 13), and reading that back."""

from collections.abc import Mapping, Sequence
from typing import Any

from eventline_common.domain.job_spec.model import (
    Command,
    Filter,
    JobSpec,
    OnFailure,
    Parameter,
    ParameterType,
    Runner,
    Script,
    Step,
    Trigger,
)


def represent(spec: JobSpec) -> dict[str, object]:
    """Return the JSON object of a specification: defaults that the contract names are filled in, others left out."""
    found: dict[str, object] = {"name": spec.name, "description": spec.description}
    if spec.trigger is not None:
        found["trigger"] = _represent_trigger(spec.trigger)
    if spec.parameters:
        found["parameters"] = [_represent_parameter(parameter) for parameter in spec.parameters]
    found["runner"] = _without_empty(
        {"name": spec.runner.name, "parameters": _mapping(spec.runner.parameters), "identity": spec.runner.identity},
        keep=("name", "parameters"),
    )
    optional = {
        "concurrent": spec.concurrent,
        "retention": spec.retention,
        "identities": list(spec.identities),
        "environment": dict(spec.environment),
    }
    found.update(_without_empty(optional))
    if not spec.mask_secrets:
        found["mask_secrets"] = False
    return {**found, "steps": [_represent_step(step) for step in spec.steps]}


def _mapping(value: Mapping[str, object] | None) -> dict[str, object] | None:
    return None if value is None else dict(value)


def _without_empty(members: Mapping[str, object], *, keep: Sequence[str] = ()) -> dict[str, object]:
    return {name: value for name, value in members.items() if name in keep or value}


def _represent_trigger(trigger: Trigger) -> dict[str, object]:
    members = {
        "event": f"{trigger.connector}/{trigger.event}",
        "parameters": dict(trigger.parameters),
        "identity": trigger.identity,
        "filters": [{"path": each.path, **each.predicates} for each in trigger.filters],
    }
    return _without_empty(members, keep=("event", "parameters"))


def _represent_parameter(parameter: Parameter) -> dict[str, object]:
    members = {
        "name": parameter.name,
        "type": parameter.type.value,
        "values": list(parameter.values),
        "default": parameter.default,
        "description": parameter.description,
        "environment": parameter.environment,
        "secret": parameter.secret,
    }
    return _without_empty(members, keep=("name", "type", "default"))


def _represent_step(step: Step) -> dict[str, object]:
    found: dict[str, object] = {"label": step.label}
    if step.code:
        found["code"] = step.code
    if step.command is not None:
        members = {"name": step.command.name, "arguments": list(step.command.arguments)}
        found["command"] = _without_empty(members, keep=("name",))
    if step.script is not None:
        script = step.script
        members = {"path": script.path, "arguments": list(script.arguments), "content": script.content}
        found["script"] = _without_empty(members, keep=("path",))
    if step.on_failure_given:
        found["on_failure"] = step.on_failure.value
    return found


def read_represented(stored: Mapping[str, Any]) -> JobSpec:
    """Read a specification that was stored: nothing is checked again."""
    trigger = stored.get("trigger")
    runner = stored["runner"]
    return JobSpec(
        name=stored["name"],
        description=stored.get("description", ""),
        trigger=_read_trigger(trigger) if trigger else None,
        parameters=[_read_parameter(each) for each in stored.get("parameters") or ()],
        runner=Runner(runner["name"], runner.get("parameters"), runner.get("identity", "")),
        concurrent=stored.get("concurrent", False),
        retention=stored.get("retention", 0),
        identities=stored.get("identities") or (),
        environment=stored.get("environment") or {},
        steps=[_read_step(each) for each in stored.get("steps") or ()],
        mask_secrets=stored.get("mask_secrets", True),
    )


def _read_trigger(stored: Mapping[str, Any]) -> Trigger:
    connector, _, event = stored["event"].partition("/")
    filters = [
        Filter(each.get("path", ""), {name: value for name, value in each.items() if name != "path"})
        for each in stored.get("filters") or ()
    ]
    return Trigger(connector, event, stored.get("parameters") or {}, stored.get("identity", ""), filters)


def _read_parameter(stored: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=stored["name"],
        type=ParameterType(stored["type"]),
        values=stored.get("values") or (),
        default=stored.get("default"),
        description=stored.get("description", ""),
        environment=stored.get("environment", ""),
        secret=stored.get("secret", False),
    )


def _read_step(stored: Mapping[str, Any]) -> Step:
    command, script = stored.get("command"), stored.get("script")
    return Step(
        label=stored["label"],
        code=stored.get("code", ""),
        command=Command(command["name"], command.get("arguments") or ()) if command else None,
        script=Script(script["path"], script.get("arguments") or (), script.get("content", "")) if script else None,
        on_failure=OnFailure(stored.get("on_failure", "abort")),
        on_failure_given="on_failure" in stored,
    )

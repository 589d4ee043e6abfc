"""Values of job parameters: what fits, what is filled in, and how they look as text (contract job-spec, section 5)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from eventline_common.domain import json_pointer
from eventline_common.domain.validation import ValidationError, is_integer

if TYPE_CHECKING:
    from eventline_common.domain.job_spec.model import Parameter, ParameterType


# What is shown of the value of a secret parameter.
HIDDEN = "***"


def fits(type: "ParameterType", value: object) -> bool:
    """Tell whether a JSON value is of a parameter's type."""
    match type.value:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return is_integer(value)
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool)


def check_values(
    parameters: "Sequence[Parameter]", values: Mapping[str, object]
) -> tuple[dict[str, object], list[ValidationError]]:
    """Return the values of an execution, defaults included, and what is wrong with the given ones (http-api, 10.5).

    A null counts as not given, so that old clients can at least use defaults (G-16).
    """
    known = {parameter.name: parameter for parameter in parameters}
    errors = [
        ValidationError(_place(name), "unknown_parameter", f'unknown parameter "{name}"')
        for name in values
        if name not in known
    ]
    found: dict[str, object] = {}
    for name, parameter in known.items():
        given = values.get(name)
        if given is not None:
            errors += _check_value(parameter, given)
            found[name] = given
        elif parameter.default is not None:
            found[name] = parameter.default
        else:
            errors.append(ValidationError("/parameters", "missing_parameter", f'missing parameter "{name}"'))
    return found, errors


def _check_value(parameter: "Parameter", value: object) -> list[ValidationError]:
    kind = parameter.type.value
    if not fits(parameter.type, value):
        return [ValidationError(_place(parameter.name), f"invalid_{kind}", f"value is not of type {kind}")]
    if isinstance(value, str) and "\0" in value:
        return [ValidationError(_place(parameter.name), "invalid_string", "text cannot contain a NUL character")]
    if parameter.values and value not in parameter.values:
        message = f'"{value}" is not one of {", ".join(parameter.values)}'
        return [ValidationError(_place(parameter.name), "invalid_value", message)]
    return []


def hide_secrets(parameters: "Sequence[Parameter]", values: Mapping[str, object]) -> dict[str, object]:
    """Return the values as people may see them."""
    secret = {parameter.name for parameter in parameters if parameter.secret}
    return {name: HIDDEN if name in secret else value for name, value in values.items()}


def secret_values(parameters: "Sequence[Parameter]", values: Mapping[str, object]) -> dict[str, object]:
    """Return the values that people must not see."""
    secret = {parameter.name for parameter in parameters if parameter.secret}
    return {name: value for name, value in values.items() if name in secret}


def _place(name: str) -> str:
    return json_pointer.build("parameters", name)


def text_of(value: object) -> str:
    """Write a scalar as files and variables hold it: strings as they are, numbers in plain decimals (G-15)."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            text = format(Decimal(repr(value)), "f")
            return text.rstrip("0").rstrip(".") if "." in text else text
        case _:
            return str(value)


def parameter_environment(parameters: "Sequence[Parameter]", values: Mapping[str, object]) -> dict[str, str]:
    """Return the variables of the parameters that name one and have a value."""
    return {
        parameter.environment: text_of(values[parameter.name])
        for parameter in parameters
        if parameter.environment and values.get(parameter.name) is not None
    }

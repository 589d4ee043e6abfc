"""Values of the parameters of an execution (contract job-spec, section 5; http-api, section 10.5)."""

from typing import Any

import orjson
import pytest

from eventline_common.domain.job_spec import Parameter, ParameterType
from eventline_common.domain.parameters import check_values, hide_secrets, parameter_environment, secret_values, text_of

DECLARED = [
    Parameter("number", ParameterType.NUMBER, default=1.5),
    Parameter("integer", ParameterType.INTEGER, default=2),
    Parameter("text", ParameterType.STRING, default=""),
    Parameter("choice", ParameterType.STRING, values=["a", "b"], default="a"),
    Parameter("flag", ParameterType.BOOLEAN, default=False),
]
DEFAULTS = {"number": 1.5, "integer": 2, "text": "", "choice": "a", "flag": False}


def errors_of(body: str, parameters: list[Parameter] = DECLARED) -> list[tuple[str, str]]:
    _, errors = check_values(parameters, orjson.loads(body))
    return [(error.code, error.pointer) for error in errors]


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ('{"x/y": 1}', "unknown_parameter", "/parameters/x~1y"),
        ('{"number": "1"}', "invalid_number", "/parameters/number"),
        ('{"number": true}', "invalid_number", "/parameters/number"),
        ('{"integer": 1.0}', "invalid_integer", "/parameters/integer"),
        ('{"integer": 1e3}', "invalid_integer", "/parameters/integer"),
        ('{"integer": "1"}', "invalid_integer", "/parameters/integer"),
        ('{"integer": false}', "invalid_integer", "/parameters/integer"),
        ('{"integer": 9223372036854775808}', "invalid_integer", "/parameters/integer"),
        ('{"integer": -9223372036854775809}', "invalid_integer", "/parameters/integer"),
        ('{"integer": 100000000000000000000000000000}', "invalid_integer", "/parameters/integer"),
        ('{"text": 1}', "invalid_string", "/parameters/text"),
        ('{"text": ["a"]}', "invalid_string", "/parameters/text"),
        ('{"text": "a\\u0000b"}', "invalid_string", "/parameters/text"),
        ('{"choice": "c"}', "invalid_value", "/parameters/choice"),
        ('{"choice": ""}', "invalid_value", "/parameters/choice"),
        ('{"flag": "true"}', "invalid_boolean", "/parameters/flag"),
        ('{"flag": 1}', "invalid_boolean", "/parameters/flag"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_at_its_place(body: str, code: str, pointer: str) -> None:
    assert errors_of(body) == [(code, pointer)]


def test_a_mandatory_parameter_that_is_not_given_is_missing_at_the_object() -> None:
    mandatory = [Parameter("a", ParameterType.STRING), Parameter("b", ParameterType.STRING)]
    assert errors_of('{"b": "x"}', mandatory) == [("missing_parameter", "/parameters")]
    assert errors_of('{"a": null, "b": "x"}', mandatory) == [("missing_parameter", "/parameters")]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"number": 3, "integer": -(2**63), "text": "é", "choice": "b", "flag": True},
        {"number": 1e300, "integer": 2**63 - 1},
    ],
)
def test_values_that_fit_are_kept_and_the_others_take_their_defaults(given: dict[str, Any]) -> None:
    assert check_values(DECLARED, given) == ({**DEFAULTS, **given}, [])


def test_a_null_of_an_old_client_counts_as_not_given() -> None:
    assert check_values(DECLARED, {"integer": None}) == (DEFAULTS, [])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\n", "a\n"),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (0, "0"),
        (1_000_000, "1000000"),
        (1_234_567, "1234567"),
        (-(2**63), "-9223372036854775808"),
        (1.5, "1.5"),
        (1e6, "1000000"),
        (1e21, "1" + "0" * 21),
        (1e-7, "0.0000001"),
        (0.1 + 0.2, "0.30000000000000004"),
        (3.0, "3"),
    ],
)
def test_values_are_written_plainly(value: object, text: str) -> None:
    assert text_of(value) == text


def test_only_parameters_with_a_variable_and_a_value_are_in_the_environment() -> None:
    declared = [
        Parameter("a", ParameterType.INTEGER, environment="A"),
        Parameter("b", ParameterType.BOOLEAN, environment="B"),
        Parameter("c", ParameterType.STRING, environment="C"),
        Parameter("d", ParameterType.STRING),
    ]
    assert parameter_environment(declared, {"a": 1_000_000, "b": False, "d": "x"}) == {"A": "1000000", "B": "false"}


def test_secret_values_are_kept_apart_from_what_people_see() -> None:
    declared = [*DECLARED, Parameter("token", ParameterType.STRING, secret=True)]
    values, _ = check_values(declared, {"token": "t0p", "integer": 3})

    assert secret_values(declared, values) == {"token": "t0p"}
    assert hide_secrets(declared, values) == {**DEFAULTS, "integer": 3, "token": "***"}

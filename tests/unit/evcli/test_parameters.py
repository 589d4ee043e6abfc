"""`name=value` arguments (contract job-spec, section 5; evcli, section 8; G-16)."""

from typing import Any

import pytest

from evcli.errors import EvcliError
from evcli.parameters import parse_fields, parse_parameters

DECLARED: list[dict[str, Any]] = [
    {"name": "n", "type": "number", "default": 1},
    {"name": "i", "type": "integer", "default": 1},
    {"name": "s", "type": "string", "default": "x"},
    {"name": "b", "type": "boolean", "default": False},
]


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [
        ([], {}),
        (["n=1"], {"n": 1}),
        (["n=-1.5e3"], {"n": -1500.0}),
        (["i=+7"], {"i": 7}),
        (["i=-9223372036854775808"], {"i": -(2**63)}),
        (["s="], {"s": ""}),
        (["s=a=b c"], {"s": "a=b c"}),
        (["b=TRUE"], {"b": True}),
        (["b=false", "s=1"], {"b": False, "s": "1"}),
    ],
)
def test_values_are_converted_by_the_declared_type(arguments: list[str], parameters: dict[str, object]) -> None:
    parsed = parse_parameters(arguments, DECLARED)

    assert parsed == parameters
    assert {name: type(value) for name, value in parsed.items()} == {n: type(v) for n, v in parameters.items()}


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("n", 'invalid parameter "n": it must look like <name>=<value>'),
        ("x=1", 'unknown parameter "x"; parameters: b, i, n, s'),
        ("n=x", 'invalid value "x" for parameter "n": it must be a number'),
        ("n=nan", 'invalid value "nan" for parameter "n": it must be a number'),
        ("n=1e999", 'invalid value "1e999" for parameter "n": it must be a number'),
        ("n=1_0", 'invalid value "1_0" for parameter "n": it must be a number'),
        ("i=1.5", 'invalid value "1.5" for parameter "i": it must be an integer'),
        ("i=9223372036854775808", 'invalid value "9223372036854775808" for parameter "i": it must be an integer'),
        ("b=1", 'invalid value "1" for parameter "b": it must be a boolean'),
    ],
)
def test_a_value_that_does_not_fit_is_refused(argument: str, message: str) -> None:
    with pytest.raises(EvcliError) as caught:
        parse_parameters([argument], DECLARED)

    assert str(caught.value) == message


def test_a_job_without_parameters_takes_none() -> None:
    with pytest.raises(EvcliError, match="the job has no parameters"):
        parse_parameters(["a=1"], [])


def test_fields_of_identities_are_strings_or_json() -> None:
    assert parse_fields(["a=1", "b=x=y", "c=", 'd:=["x"]', "e:=true"]) == {
        "a": "1", "b": "x=y", "c": "", "d": ["x"], "e": True
    }  # fmt: skip


@pytest.mark.parametrize("argument", ["a", "=b", ":=1", "a:=x"])
def test_a_malformed_field_is_refused(argument: str) -> None:
    with pytest.raises(EvcliError, match="invalid"):
        parse_fields([argument])

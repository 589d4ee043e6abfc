"""Which events match which filters (contract job-spec, section 4)."""

import json
import random
import re
import time
from typing import Any

import pytest

from eventline_common.domain import filters, json_pointer

DATA: dict[str, Any] = {
    "branch": "feature-1",
    "count": 1,
    "ratio": 1.5,
    "ok": True,
    "none": None,
    "empty": "",
    "tags": ["a", {"b": 2}],
    "a/b": {"m~n": "deep"},
}


@pytest.mark.parametrize(
    ("each", "matching"),
    [
        ({}, True),
        ({"path": ""}, True),
        ({"path": "", "is_equal_to": DATA}, True),
        ({"path": "/branch"}, True),
        ({"path": "/nope"}, False),
        ({"path": "/none"}, False),
        ({"path": "/nope", "is_not_equal_to": "x"}, False),
        ({"path": "/none", "is_not_equal_to": "x"}, False),
        ({"path": "/nope", "does_not_match": "x"}, False),
        ({"path": "/branch", "is_equal_to": "feature-1"}, True),
        ({"path": "/branch", "is_equal_to": "Feature-1"}, False),
        ({"path": "/branch", "is_equal_to": None}, True),
        ({"path": "/branch", "is_not_equal_to": "feature-1"}, False),
        ({"path": "/branch", "is_not_equal_to": 1}, True),
        ({"path": "/count", "is_equal_to": 1.0}, True),
        ({"path": "/count", "is_equal_to": "1"}, False),
        ({"path": "/count", "is_equal_to": True}, False),
        ({"path": "/ok", "is_equal_to": 1}, False),
        ({"path": "/ok", "is_equal_to": True}, True),
        ({"path": "/empty", "is_equal_to": ""}, True),
        ({"path": "/tags", "is_equal_to": ["a", {"b": 2.0}]}, True),
        ({"path": "/tags", "is_equal_to": [{"b": 2}, "a"]}, False),
        ({"path": "/tags/1/b", "is_equal_to": 2}, True),
        ({"path": "/tags/2"}, False),
        ({"path": "/a~1b/m~0n", "is_equal_to": "deep"}, True),
        ({"path": "/branch", "matches": "^feature-"}, True),
        ({"path": "/branch", "matches": "ture"}, True),
        ({"path": "/branch", "matches": "^ture"}, False),
        ({"path": "/branch", "matches": "(?i)FEATURE-\\d$"}, True),
        ({"path": "/branch", "matches": ""}, True),
        ({"path": "/count", "matches": "1"}, False),
        ({"path": "/count", "does_not_match": "2"}, False),
        ({"path": "/empty", "matches": "^$"}, True),
        ({"path": "/branch", "does_not_match": "^release-"}, True),
        ({"path": "/branch", "does_not_match": "^feature-"}, False),
        ({"path": "/branch", "matches": "^f", "is_not_equal_to": "feature-1"}, False),
        ({"path": "/branch", "matches": "^f", "does_not_match": "2$", "is_equal_to": "feature-1"}, True),
    ],
)
def test_a_filter_matches_as_the_contract_says(each: dict[str, Any], matching: bool) -> None:
    assert filters.matches([each], DATA) is matching


def test_all_filters_must_match_and_none_always_do() -> None:
    yes, no = {"path": "/ok"}, {"path": "/nope"}
    assert filters.matches([yes, yes], DATA)
    assert not filters.matches([yes, no], DATA)
    assert filters.matches([], DATA)
    assert filters.matches(None, DATA)


@pytest.mark.parametrize(
    "expression", [r"\pL+", r"\Aa\z", r"\bx\B", r"\Qa.b\E", "(?s).", "(?m)^a$", "(?U)a+", "a{1000}"]
)
def test_expressions_in_re2_syntax_are_accepted(expression: str) -> None:
    filters.compile_expression(expression)


@pytest.mark.parametrize("expression", ["(", "a**", r"(a)\1", "(?=x)", "(?<!x)", "a{1001}", "[z-a]", "x" * 10_001])
def test_other_expressions_are_refused_with_a_reason(expression: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(filters.InvalidExpression, match="regular expression"):
        filters.compile_expression(expression)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("expression", ["(a+)+$", "(a|aa)+$", "(a|a?)+$", "(.*)*(.*)*(.*)*x", "(x+x+)+y"])
def test_catastrophic_expressions_take_no_longer_than_others(expression: str) -> None:
    compiled = filters.compile_filter({"path": "", "matches": expression})
    compiled.matches("a")
    started = time.perf_counter()
    compiled.matches("a" * 5_000 + "!")
    assert time.perf_counter() - started < 0.05


def _reference(each: dict[str, Any], data: object) -> bool:
    """A straightforward second reading of the contract."""
    value = data
    for token in json_pointer.parse(each.get("path", "")):
        try:
            value = value[int(token)] if isinstance(value, list) and token.isdigit() else value[token]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return False
    if value is None:
        return False
    canonical = _canonical(value)
    text = value if isinstance(value, str) else None
    checks = []
    if each.get("is_equal_to") is not None:
        checks.append(canonical == _canonical(each["is_equal_to"]))
    if each.get("is_not_equal_to") is not None:
        checks.append(canonical != _canonical(each["is_not_equal_to"]))
    if each.get("matches"):
        checks.append(text is not None and bool(re.search(each["matches"], text)))
    if each.get("does_not_match"):
        checks.append(text is not None and not re.search(each["does_not_match"], text))
    return all(checks)


def _canonical(value: object) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, int | float):
        return repr(float(value))
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    assert isinstance(value, dict)
    return "{" + ",".join(f"{json.dumps(key)}:{_canonical(value[key])}" for key in sorted(value)) + "}"


_SCALARS = [None, True, False, 0, 1, 1.0, 2.5, "", "a", "ab", "1", "b-a"]
_KEYS = ["a", "b", "0", "a/b"]
_EXPRESSIONS = ["a", "^a", "b$", "^$", "[0-9]", "a|1", "b-?a"]


def _value(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.random()
    if depth >= 3 or kind < 0.5:
        return chance.choice(_SCALARS)
    if kind < 0.7:
        return [_value(chance, depth + 1) for _ in range(chance.randrange(3))]
    return {key: _value(chance, depth + 1) for key in _KEYS if chance.random() < 0.6}


def _filter(chance: random.Random) -> dict[str, Any]:
    tokens = [chance.choice([*_KEYS, "1"]) for _ in range(chance.randrange(4))]
    each: dict[str, Any] = {"path": json_pointer.build(*tokens)}
    for name in ("is_equal_to", "is_not_equal_to"):
        if chance.random() < 0.3:
            each[name] = _value(chance, 1)
    for name in ("matches", "does_not_match"):
        if chance.random() < 0.3:
            each[name] = chance.choice(_EXPRESSIONS)
    return each


def test_ten_thousand_random_filters_agree_with_a_second_reading_of_the_contract() -> None:
    chance = random.Random(20_260_101)
    answers = {True: 0, False: 0}
    for _ in range(10_000):
        each, data = _filter(chance), {key: _value(chance) for key in _KEYS}
        matching = filters.matches([each], data)
        assert matching is _reference(each, data), (each, data)
        answers[matching] += 1
    assert min(answers.values()) > 1_000

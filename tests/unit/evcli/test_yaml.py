"""YAML as the Go client reads it, within limits (contract job-spec, section 1)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evcli.yaml_reader import InvalidYaml, read_yaml
from evcli.yaml_writer import dump_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("True", True),
        ("~", None),
        ("12:30", "12:30"),
        ("12:30:45", "12:30:45"),
        ("1_000", 1000),
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 15),
        ("089", 89.0),
        ("0b11", 3),
        ("-5", -5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("-", [None]),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!float 1", 1.0),
        ("!!int '3'", 3),
        ("!!binary aGVsbG8=", "hello"),
        ("18446744073709551616", 18446744073709551616.0),
        ("2020-05-01", "2020-05-01T00:00:00Z"),
        ("2020-5-1 10:20:30", "2020-05-01T10:20:30Z"),
        ("2020-05-01T10:20:30.120Z", "2020-05-01T10:20:30.12Z"),
        ("2020-05-01T10:20:30+02:00", "2020-05-01T10:20:30+02:00"),
        ("2020-13-01", "2020-13-01"),
        ("'2020-05-01'", "2020-05-01"),
        ("- <<", ["<<"]),
        ("a: <<", {"a": "<<"}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        ("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}", {"a": {"b": 1, "c": 2}, "d": {"c": 3, "b": 1}}),
        ("<<: [{a: 1}, {a: 2, b: 2}]", {"a": 1, "b": 2}),
        ("on: 1", {"on": 1}),
        ("a: 1\n---\nb: 2", {"a": 1}),
        ("", None),
        ("# nothing", None),
    ],
)
def test_a_document_is_read_as_json(text: str, value: Any) -> None:
    assert json.dumps(read_yaml(text), sort_keys=True) == json.dumps(value, sort_keys=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: .nan", '".nan" is no number'),
        ("a: -.inf", '"-.inf" is no number'),
        ("a: 1e999", "too large"),
        ("1: a", "the key 1 is no string"),
        ("true: a", "the key True is no string"),
        ("? [a]\n: b", "is no string"),
        ("a: 1\nb: 2\na: 3", 'line 3: the key "a" is given twice'),
        ("a: &x [*x]", "contains itself"),
        ("a: *x", 'unknown anchor "x"'),
        ("a: !!python/object:os.system x", "unknown tag"),
        ("a: !custom {}", "unknown tag"),
        ("a: !!int x", '"x" is no value of the type int'),
        ("<<: 1", "only mappings can be merged"),
        ("a: [", "line [12]: "),
        ("a: \x01", "special characters|control characters"),
    ],
)
def test_what_json_cannot_express_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InvalidYaml, match=message):
        read_yaml(text)


@pytest.mark.parametrize("depth", [101, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    with pytest.raises(InvalidYaml, match="deeper than 100 levels"):
        read_yaml("[" * depth + "]" * depth)


def test_a_hundred_levels_are_accepted() -> None:
    read_yaml("[" * 100 + "]" * 100)


def test_nesting_through_aliases_is_refused() -> None:
    levels = "\n".join(f"a{n}: &a{n} [[[[[[[[[[*a{n - 1}]]]]]]]]]]" for n in range(1, 12))

    with pytest.raises(InvalidYaml, match="deeper than 100 levels"):
        read_yaml(f"a0: &a0 []\n{levels}")


def test_aliases_that_expand_without_end_are_refused() -> None:
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))

    with pytest.raises(InvalidYaml, match="aliases expand to more than 1000000 values"):
        read_yaml(f"a0: &a0 [x]\n{levels}")


def test_merges_that_expand_without_end_are_refused() -> None:
    levels = "\n".join(f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 9)}]\n  k{n}: 1" for n in range(1, 12))

    with pytest.raises(InvalidYaml, match="aliases expand"):
        read_yaml(f"a0: &a0 {{x: 1}}\n{levels}")


scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=30) | st.sampled_from(
    [
        "on",
        "1e3",
        "0o17",
        "12:30",
        "2020-1-2",
        "<<",
        "~",
        "",
        " x",
        "a\n",
        "a\n\n",
        "\tx\n y",
        "=",
        "!!str",
        "- a",
        "#!/bin/sh\n\nls \n",
    ]
)
documents = st.recursive(
    scalars | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=15,
)


@given(documents)
def test_what_is_written_is_read_back(document: Any) -> None:
    assert read_yaml(dump_yaml(document)) == document


def test_programs_are_written_as_blocks_with_members_in_order() -> None:
    written = dump_yaml({"steps": [{"code": "ls\npwd\n"}], "name": "x"})

    assert written == "name: x\nsteps:\n  - code: |\n      ls\n      pwd\n"

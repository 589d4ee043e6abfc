"""JSON pointers (RFC 6901)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventline_common.domain import json_pointer

DOCUMENT = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "m~n": 8,
    " ": 7,
    "0": {"1": "member"},
    "nothing": None,
    "~1": 9,
}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/m~0n", 8),
        ("/ ", 7),
        ("/~01", 9),
        ("/0/1", "member"),
    ],
)
def test_a_pointer_finds_its_value(pointer: str, value: object) -> None:
    assert json_pointer.resolve(json_pointer.parse(pointer), DOCUMENT) == value


@pytest.mark.parametrize(
    "pointer",
    [
        "/foo/2",
        "/foo/-",
        "/foo/-1",
        "/foo/01",
        "/foo/1e0",
        "/foo/٠",
        "/foo/9999999999",
        "/nope",
        "/foo/0/x",
        "/nothing",
    ],
)
def test_what_is_not_there_or_null_is_no_value(pointer: str) -> None:
    assert json_pointer.resolve(json_pointer.parse(pointer), DOCUMENT) is None


@pytest.mark.parametrize("text", ["foo", " /foo", "#/foo", "/a~", "/a~2b", "/~~0"])
def test_other_texts_are_no_pointers(text: str) -> None:
    with pytest.raises(json_pointer.InvalidPointer, match="invalid json pointer"):
        json_pointer.parse(text)


@given(st.lists(st.text()))
def test_tokens_survive_being_built_and_parsed(tokens: list[str]) -> None:
    assert json_pointer.parse(json_pointer.build(*tokens)) == tuple(tokens)

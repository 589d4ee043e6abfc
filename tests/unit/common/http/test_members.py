"""Reading the members of objects in request bodies."""

from collections.abc import Callable

import pytest

from eventline_common.errors import InvalidRequestBody
from eventline_common.http.members import Members


@pytest.mark.parametrize("value", [{}, {"a": None}])
def test_absent_and_null_give_the_zero_value(value: dict[str, object]) -> None:
    members = Members.of(value)

    assert members.text("a") == ""
    assert members.boolean("a") is False
    assert members.integer("a") == 0
    assert members.nested("a") is None
    assert members.mapping("a") is None
    assert members.texts("a") == []
    assert not members.has("a")


def test_values_are_read() -> None:
    members = Members.of({"t": "x", "b": True, "i": 3, "o": {"t": "y"}, "l": ["p", "q"]})

    assert (members.text("t"), members.boolean("b"), members.integer("i")) == ("x", True, 3)
    assert members.texts("l") == ["p", "q"]
    inner = members.nested("o")
    assert inner is not None
    assert (inner.text("t"), inner.at("t")) == ("y", "/o/t")


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda: Members.of([]), "invalid request body: expected an object, got an array"),
        (lambda: Members.of(None), "invalid request body: expected an object, got null"),
        (lambda: Members.of({"a": 1}).text("a"), "invalid request body: /a: expected a string, got an integer"),
        (lambda: Members.of({"a": "x"}).boolean("a"), "invalid request body: /a: expected a boolean, got a string"),
        (lambda: Members.of({"a": True}).integer("a"), "invalid request body: /a: expected an integer, got a boolean"),
        (lambda: Members.of({"a": 1.5}).integer("a"), "invalid request body: /a: expected an integer, got a number"),
        (
            lambda: Members.of({"a": ["x", 1]}).texts("a"),
            "invalid request body: /a/1: expected a string, got an integer",
        ),
        (lambda: Members({"a": []}, "/o").nested("a"), "invalid request body: /o/a: expected an object, got an array"),
    ],
)
def test_a_wrong_type_is_told_with_its_place_and_without_data(read: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidRequestBody) as caught:
        read()

    assert str(caught.value) == message
    assert caught.value.details is None

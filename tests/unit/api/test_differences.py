"""Differences between specifications."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventline_api.job_revisions.differences import Kind, differences, unified_difference
from eventline_api.jobs.deployment import same_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab/~", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab/~", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": True}, [("/a", "changed", 1, True)]),
        ({"a": 1}, {}, [("/a", "removed", 1, None)]),
        ({"a/b~": {"c": 1}}, {"a/b~": {"c": 2}}, [("/a~1b~0/c", "changed", 1, 2)]),
        ([1, 2], [1], [("/1", "removed", 2, None)]),
        ([1], [1, 2, 3], [("/1", "added", None, 2), ("/2", "added", None, 3)]),
        ({"a": [1]}, {"a": {}}, [("/a", "changed", [1], {})]),
    ],
)
def test_the_smallest_places_are_named(before: object, after: object, found: list[tuple[object, ...]]) -> None:
    assert [(d.pointer, d.kind.value, d.before, d.after) for d in differences(before, after)] == found


@given(JSON, JSON)
def test_values_differ_exactly_where_they_are_not_the_same(before: Any, after: Any) -> None:
    found = list(differences(before, after))

    assert bool(found) == (not same_json(before, after))
    for difference in found:
        for value, kind, expected in (
            (before, Kind.ADDED, difference.before),
            (after, Kind.REMOVED, difference.after),
        ):
            assert value_at(value, difference.pointer) == (None if difference.kind is kind else expected)


def value_at(value: Any, pointer: str) -> Any:
    """Follow a pointer; None where nothing is."""
    for token in pointer.split("/")[1:]:
        if isinstance(value, list):
            value = value[int(token)] if int(token) < len(value) else None
        else:
            value = value.get(token.replace("~1", "/").replace("~0", "~"))
    return value


def test_the_text_is_a_unified_difference() -> None:
    text = unified_difference({"a": 1}, {"a": 2}, names=("revision 1", "revision 2"))

    assert text == '--- revision 1\n+++ revision 2\n@@ -1,3 +1,3 @@\n {\n-  "a": 1\n+  "a": 2\n }\n'
    assert unified_difference({"a": 1}, {"a": 1}, names=("x", "y")) == ""

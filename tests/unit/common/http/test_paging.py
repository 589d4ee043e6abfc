"""Cursors and pages (contract http-api, section 8)."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventline_common.errors import InvalidQueryParameter
from eventline_common.http.paging import (
    Collection,
    Cursor,
    KeyKind,
    Order,
    Slice,
    Sort,
    decode_key,
    encode_key,
    page_view,
    parse_cursor,
)
from eventline_common.ids import new_id

THINGS = Collection(
    sorts={
        "id": Sort.by_text("id", "id"),
        "name": Sort.by_text("name", "name"),
        "time": Sort.by_time("time", "id", field="time"),
    },
    default_sort="name",
)
KEY = f"2024-05-01T10:20:30.5Z/{new_id()}"


def encoded(key: str) -> str:
    return base64.b64encode(key.encode()).decode()


def test_a_first_request_has_neither_key_and_gets_the_defaults() -> None:
    assert parse_cursor({}, THINGS) == Cursor("name", Order.ASC, 20)


def test_the_default_size_is_that_of_the_account() -> None:
    assert parse_cursor({}, THINGS, default_size=7).size == 7


def test_an_empty_value_counts_as_absent() -> None:
    query = {"before": "", "after": "", "size": "", "sort": "", "order": ""}

    assert parse_cursor(query, THINGS) == Cursor("name", Order.ASC, 20)


def test_everything_can_be_given() -> None:
    query = {"after": encoded(KEY), "size": "100", "sort": "time", "order": "desc"}

    assert parse_cursor(query, THINGS) == Cursor("time", Order.DESC, 100, None, KEY)


def test_a_size_of_zero_is_accepted() -> None:
    assert parse_cursor({"size": "0"}, THINGS).size == 0


def test_a_plus_that_became_a_space_is_still_a_plus() -> None:
    key = "\u00fb\u00ef>>?"
    assert "+" in encoded(key)

    assert parse_cursor({"after": encoded(key).replace("+", " ")}, THINGS).after == key


@pytest.mark.parametrize(
    "query",
    [
        {"before": encoded("a"), "after": encoded("b")},
        {"before": "a"},
        {"before": "YQ"},
        {"after": "*"},
        {"after": base64.b64encode(b"\xff\xfe").decode()},
        {"after": encoded("a\x00b")},
        {"size": "-1"},
        {"size": "101"},
        {"size": "ten"},
        {"size": "1.0"},
        {"size": "1e1"},
        {"size": "\u0661"},
        {"size": "9" * 5000},
        {"sort": "age"},
        {"sort": "name; DROP TABLE jobs"},
        {"order": "up"},
        {"order": "ASC"},
        {"sort": "time", "after": encoded("2024-05-01T10:20:30Z")},
        {"sort": "time", "after": encoded("yesterday/" + new_id())},
        {"sort": "time", "before": encoded("2024-05-01T10:20:30Z/nobody")},
    ],
)
def test_what_is_malformed_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InvalidQueryParameter):
        parse_cursor(query, THINGS)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_key_of_a_time_keeps_its_full_precision(time: datetime) -> None:
    id = new_id()

    key = encode_key((time, id), KeyKind.TIME_AND_ID)

    assert decode_key(key, KeyKind.TIME_AND_ID) == (time, id)


@given(st.text(min_size=1).filter(lambda text: "\x00" not in text))
def test_a_key_survives_the_way_through_json_and_query(name: str) -> None:
    key = encode_key((name,), KeyKind.TEXT)

    assert parse_cursor({"after": encoded(key)}, THINGS).after == name


def test_an_empty_page_has_only_elements() -> None:
    assert page_view(Slice(()), Cursor("name"), str) == {"elements": []}


def test_the_cursors_of_a_page_are_complete_and_not_encoded() -> None:
    page = page_view(Slice([1], previous="p", next="n"), Cursor("name", Order.DESC, 5, None, "k"), str)

    assert page == {
        "elements": ["1"],
        "previous": {"before": "p", "size": 5, "sort": "name", "order": "desc"},
        "next": {"after": "n", "size": 5, "sort": "name", "order": "desc"},
    }

"""What query parameters may be."""

from datetime import UTC, datetime

import pytest

from eventline_api.query_parameters import read_boolean, read_choices, read_id, read_integer, read_moment, read_text
from eventline_common.errors import InvalidQueryParameter

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_value_counts_as_absent(empty: str | None) -> None:
    assert read_id("x", empty) is None
    assert read_text("x", empty) is None
    assert read_boolean("x", empty) is None
    assert read_integer("x", empty, least=0) is None
    assert read_moment("x", empty) is None
    assert read_choices("x", empty, ["a"]) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:00:00Z", NOON),
        ("2026-01-31T13:00:00.000+01:00", NOON),
        ("2026-01-31T13:00:00 01:00", NOON),
        (str(int(NOON.timestamp())), NOON),
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_date_time_or_unix_seconds(text: str, moment: datetime) -> None:
    assert read_moment("start", text) == moment


@pytest.mark.parametrize("text", ["yesterday", "2026-01-31", "1e9", "2026-13-01T00:00:00Z", "9" * 30, "١٢"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidQueryParameter, match="start"):
        read_moment("start", text)


def test_a_moment_out_of_range_is_the_last_or_first_one() -> None:
    last, first = read_moment("end", "999999999999"), read_moment("start", "-999999999999")

    assert (last and last.year, first and first.year) == (9999, 1)


@pytest.mark.parametrize("text", ["1.0", "a", "-1", "11", "٣", "1" * 40, " 1"])
def test_an_integer_has_digits_only_and_is_within_bounds(text: str) -> None:
    with pytest.raises(InvalidQueryParameter, match="count"):
        read_integer("count", text, least=0, most=10)


def test_choices_are_separated_by_commas_and_counted_once() -> None:
    assert read_choices("status", "b, a,b", ["a", "b"]) == ["b", "a"]
    for wrong in ("c", "a,", ",", "a;b"):
        with pytest.raises(InvalidQueryParameter, match="a, b"):
            read_choices("status", wrong, ["a", "b"])


def test_a_null_character_is_refused() -> None:
    with pytest.raises(InvalidQueryParameter):
        read_text("name", "a\x00b")

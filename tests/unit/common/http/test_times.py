"""Points in time on the wire."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventline_common.times import format_time, parse_time

TIMES = st.datetimes(timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2024, 5, 1, 10, 20, 30, tzinfo=UTC), "2024-05-01T10:20:30Z"),
        (datetime(2024, 5, 1, 10, 20, 30, 500_000, tzinfo=UTC), "2024-05-01T10:20:30.5Z"),
        (datetime(2024, 5, 1, 10, 20, 30, 123_456, tzinfo=UTC), "2024-05-01T10:20:30.123456Z"),
        (datetime(2024, 5, 1, 12, 20, 30, 120, tzinfo=timezone(timedelta(hours=2))), "2024-05-01T10:20:30.00012Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    ],
)
def test_a_time_is_written_in_utc_without_trailing_zeros(moment: datetime, text: str) -> None:
    assert format_time(moment) == text


@given(TIMES)
def test_a_written_time_is_read_back_exactly(moment: datetime) -> None:
    assert parse_time(format_time(moment)) == moment


def test_a_time_of_another_zone_is_read_as_the_same_instant() -> None:
    assert parse_time("2024-05-01T12:20:30+02:00") == datetime(2024, 5, 1, 10, 20, 30, tzinfo=UTC)


def test_digits_past_the_sixth_are_cut_off() -> None:
    assert parse_time("2024-05-01T10:20:30.123456789Z") == datetime(2024, 5, 1, 10, 20, 30, 123_456, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "2024-05-01", "2024-05-01T10:20:30", "20240501T102030Z", "2024-13-01T00:00:00Z", "0001-01-01T00:00:00+09:00"],
)
def test_what_is_no_rfc_3339_date_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text)

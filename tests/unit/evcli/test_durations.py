"""Durations (contract evcli, section 7)."""

import pytest

from evcli.durations import duration_between, format_duration, format_instant

MS, S = 1_000_000, 1_000_000_000


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0ns"),
        (999, "999ns"),
        (1_000, "1µs"),
        (1_001, "2µs"),
        (1 * MS, "1ms"),
        (1 * MS + 1, "2ms"),
        (999 * MS, "999ms"),
        (999 * MS + 1, "1s"),
        (1 * S, "1s"),
        (1 * S + 1, "2s"),
        (59 * S, "59s"),
        (59 * S + 1, "1m"),
        (61 * S, "1m1s"),
        (120 * S, "2m"),
        (3599 * S, "59m59s"),
        (3600 * S, "1h"),
        (3601 * S, "1h1m"),
        (2 * 3600 * S - 1, "2h"),
        (100 * 3600 * S, "100h"),
    ],
)
def test_a_duration_is_rounded_up_to_its_last_unit(nanoseconds: int, text: str) -> None:
    assert format_duration(nanoseconds) == text


def test_what_has_not_ended_has_no_duration() -> None:
    assert duration_between("2024-05-01T10:20:30Z", None) == ""
    assert duration_between(None, "2024-05-01T10:20:30Z") == ""


def test_dates_may_have_any_number_of_fraction_digits() -> None:
    assert duration_between("2024-05-01T10:20:30.123456789Z", "2024-05-01T10:20:32.123456789Z") == "2s"
    assert format_instant("2024-05-01T12:20:30.5+02:00") == "2024-05-01T10:20:30Z"

"""How long a dead part waits before it is started again."""

import pytest

from eventline_standalone.restart_policy import count_failure, restart_delay


@pytest.mark.parametrize(("failures", "delay"), [(1, 0.5), (2, 1), (3, 2), (4, 4), (6, 16), (7, 30), (5000, 30)])
def test_the_delay_doubles_up_to_half_a_minute(failures: int, delay: float) -> None:
    assert restart_delay(failures) == delay


def test_failures_in_a_row_are_counted_and_a_good_life_starts_anew() -> None:
    assert count_failure(0, lived=1) == 1
    assert count_failure(3, lived=59) == 4
    assert count_failure(3, lived=60) == 1

"""How long a failed refresh waits."""

import pytest

from eventline_connectors.refreshing.domain import retry_delay


@pytest.mark.parametrize(
    ("ttl", "delays"),
    [
        (0, [600, 1200, 2400, 3600, 3600]),
        (3600, [600, 1200, 2400, 3600, 3600]),
        (43200, [600, 1200, 2400, 3600, 3600]),
        (900, [150, 300, 600, 1200, 2400]),
        (60, [60, 120, 240, 480, 960]),
    ],
)
def test_each_failure_waits_twice_as_long_up_to_an_hour(ttl: int, delays: list[int]) -> None:
    assert [retry_delay(ttl, failures) for failures in range(5)] == delays
    assert retry_delay(ttl, 10_000) == 3600

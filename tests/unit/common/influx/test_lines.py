"""Points in the line protocol of InfluxDB."""

import math
from datetime import UTC, datetime

import pytest

from eventline_common.influx import Point, line

TIME = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
NANOSECONDS = 1767323045678901000


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        (Point("m", {"a": 1}, TIME), f"m,host=h a=1i {NANOSECONDS}"),
        (Point("m", {"a": 1.5, "b": 2}, TIME), f"m,host=h a=1.5,b=2i {NANOSECONDS}"),
        (Point("m", {"a": True}, TIME), f"m,host=h a=1i {NANOSECONDS}"),
        (Point("m", {"a": 1}, TIME, {"z": "1", "b": "2"}), f"m,b=2,host=h,z=1 a=1i {NANOSECONDS}"),
        (Point("m", {"a": 1}, TIME, {"host": "x"}), f"m,host=x a=1i {NANOSECONDS}"),
        (Point("m", {"a": 1}, TIME, {"empty": ""}), f"m,host=h a=1i {NANOSECONDS}"),
        (Point("a b,c", {"d e": 1}, TIME), f"a\\ b\\,c,host=h d\\ e=1i {NANOSECONDS}"),
        (Point("m", {"a": 1}, TIME, {"k =": "v ,=\n\\"}), f"m,host=h,k\\ \\==v\\ \\,\\=\\  a=1i {NANOSECONDS}"),
    ],
)
def test_a_point_is_one_line(point: Point, expected: str) -> None:
    assert line(point, {"host": "h"}) == expected


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_influxdb_cannot_store_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="cannot store"):
        line(Point("m", {"a": value}, TIME), {})

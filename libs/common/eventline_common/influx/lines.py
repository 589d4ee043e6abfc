"""The line protocol of InfluxDB: a point as one line of text."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

_TAG = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\n": r"\ ", "\r": r"\ "})
_MEASUREMENT = str.maketrans({",": r"\,", " ": r"\ ", "\n": r"\ ", "\r": r"\ "})
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Point:
    """Some numbers at one moment; integers stay integers."""

    measurement: str
    fields: Mapping[str, float]
    time: datetime
    tags: Mapping[str, str] = field(default_factory=dict)


def line(point: Point, common: Mapping[str, str]) -> str:
    """Write a point; `common` are the tags of every point. Empty tags cannot be written and are left out."""
    tags = {**common, **point.tags}
    names = "".join(f",{name.translate(_TAG)}={_value(tags[name])}" for name in sorted(tags) if tags[name])
    fields = ",".join(f"{name.translate(_TAG)}={_number(value)}" for name, value in point.fields.items())
    return f"{point.measurement.translate(_MEASUREMENT)}{names} {fields} {_nanoseconds(point.time)}"


def _value(text: str) -> str:
    """Escape a tag; a backslash at its end would escape what follows."""
    return text.translate(_TAG).rstrip("\\")


def _number(value: float) -> str:
    if isinstance(value, int):
        return f"{int(value)}i"
    if not math.isfinite(value):
        raise ValueError(f"InfluxDB cannot store {value}")
    return repr(value)


def _nanoseconds(time: datetime) -> int:
    return (int(time.timestamp()) * _MICROSECONDS + time.microsecond) * 1000

"""Durations as people read them (contract evcli, section 7) and instants as the API writes them."""

from datetime import UTC, datetime

_MICROSECOND = 1_000
_MILLISECOND = 1_000_000
_SECOND = 1_000_000_000


def format_duration(nanoseconds: int) -> str:
    """Write a duration with one unit below a minute and two above; the last unit is rounded up."""
    if nanoseconds < _MICROSECOND:
        return f"{max(nanoseconds, 0)}ns"
    for unit, name in ((_MICROSECOND, "µs"), (_MILLISECOND, "ms")):
        count = _ceil(nanoseconds, unit)
        if count < 1000:
            return f"{count}{name}"
    seconds = _ceil(nanoseconds, _SECOND)
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m" + (f"{seconds % 60}s" if seconds % 60 else "")
    minutes = _ceil(seconds, 60)
    return f"{minutes // 60}h" + (f"{minutes % 60}m" if minutes % 60 else "")


def parse_instant(text: object) -> datetime | None:
    """Read a date of the API (RFC 3339); None for what is absent or is no date."""
    if not isinstance(text, str):
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def duration_between(start: object, end: object) -> str:
    """Write the time between two dates of the API; "" if one of them is absent, as in what has not ended."""
    began, ended = parse_instant(start), parse_instant(end)
    if began is None or ended is None:
        return ""
    elapsed = ended - began
    microseconds = (elapsed.days * 86400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds
    return format_duration(microseconds * 1000)


def format_instant(text: object) -> str:
    """Write a date of the API to the second, for tables; what is no date is shown as it is."""
    instant = parse_instant(text)
    if instant is None:
        return "" if text is None else str(text)
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ceil(number: int, unit: int) -> int:
    return -(-number // unit)

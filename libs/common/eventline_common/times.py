"""How points in time are written and read: RFC 3339, UTC (contract http-api, section 7)."""

import re
from datetime import UTC, datetime

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def format_time(moment: datetime) -> str:
    """Write an aware time with `Z` and up to six fractional digits, without trailing zeros."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    text = moment.isoformat()[: -len("+00:00")]
    return f"{text.rstrip('0') if moment.microsecond else text}Z"


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 date-time into aware UTC; raise ValueError if it is none. Digits past the sixth are cut off."""
    if _RFC_3339.fullmatch(text) is None:
        raise ValueError(f'"{text}" is not a date-time such as 2026-01-31T12:00:00Z')
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f'"{text}" is out of range') from error

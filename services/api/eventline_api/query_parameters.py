"""Reads query parameters; an empty value counts as absent, a malformed one is `invalid_query_parameter`."""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from eventline_common.errors import InvalidQueryParameter
from eventline_common.http.path_variables import ID_SCHEMA
from eventline_common.ids import is_id
from eventline_common.times import parse_time

# Only documented: checking is ours, so that errors have the codes of the contract.
BOOLEAN_SCHEMA = {"type": "string", "enum": ["true", "false"]}
MOMENT_SCHEMA = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "integer"}]}

__all__ = [
    "BOOLEAN_SCHEMA",
    "ID_SCHEMA",
    "MOMENT_SCHEMA",
    "read_boolean",
    "read_choice",
    "read_choices",
    "read_id",
    "read_integer",
    "read_moment",
    "read_text",
]

_LARGEST_INTEGER = 2**62
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799


def read_id(name: str, text: str | None) -> str | None:
    """Return an identifier."""
    if not text:
        return None
    if not is_id(text):
        raise InvalidQueryParameter(f'invalid query parameter {name}: "{text[:100]}" is not an identifier')
    return text


def read_text(name: str, text: str | None) -> str | None:
    """Return a text."""
    if text and "\x00" in text:
        raise InvalidQueryParameter(f"invalid query parameter {name}: it holds a null character")
    return text or None


def read_boolean(name: str, text: str | None) -> bool | None:
    """Return `true` or `false`."""
    if not text:
        return None
    if text not in ("true", "false"):
        raise InvalidQueryParameter(f'invalid query parameter {name}: "{text[:100]}" is not one of true, false')
    return text == "true"


def read_integer(name: str, text: str | None, *, least: int, most: int = _LARGEST_INTEGER) -> int | None:
    """Return an integer within bounds."""
    if not text:
        return None
    if re.fullmatch(r"[+-]?[0-9]{1,19}", text, re.ASCII) is None:
        raise InvalidQueryParameter(f'invalid query parameter {name}: "{text[:100]}" is not an integer')
    number = int(text)
    if not least <= number <= most:
        raise InvalidQueryParameter(f"invalid query parameter {name}: {number} is not between {least} and {most}")
    return number


def read_moment(name: str, text: str | None) -> datetime | None:
    """Return a point in time, given as an RFC 3339 date-time or in Unix seconds."""
    if not text:
        return None
    # A "+" that was not percent-encoded arrives as a space.
    text = text.replace(" ", "+")
    try:
        if re.fullmatch(r"-?[0-9]{1,12}", text, re.ASCII):
            return datetime.fromtimestamp(max(_FIRST_SECOND, min(int(text), _LAST_SECOND)), UTC)
        return parse_time(text)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidQueryParameter(
            f'invalid query parameter {name}: "{text[:100]}" is neither a date-time such as 2026-01-31T12:00:00Z'
            " nor a number of Unix seconds"
        ) from error


def read_choice(name: str, text: str | None, choices: Collection[str]) -> str | None:
    """Return one of some words."""
    if not text:
        return None
    if text not in choices:
        raise InvalidQueryParameter(
            f'invalid query parameter {name}: "{text[:100]}" is not one of {", ".join(choices)}'
        )
    return text


def read_choices(name: str, text: str | None, choices: Collection[str]) -> Sequence[str] | None:
    """Return some of some words, separated by commas."""
    if not text:
        return None
    chosen = [read_choice(name, part.strip() or ",", choices) or "" for part in text.split(",")]
    return list(dict.fromkeys(chosen))

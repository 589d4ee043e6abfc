"""What a plain YAML scalar means, as in the Go client: YAML 1.2 with timestamps, so `on`, `yes` and `1:30` are strings.

Job files are read by these rules, and strings that they would take for something else are quoted when written.
"""

import math
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGERS: Final = (
    (re.compile(r"[-+]?(?:0|[1-9][0-9]*)"), 10),
    (re.compile(r"[-+]?0o?[0-7]+"), 8),
    (re.compile(r"[-+]?0x[0-9a-fA-F]+"), 16),
    (re.compile(r"[-+]?0b[01]+"), 2),
)
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_TIMESTAMP: Final = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(\.[0-9]{1,9})?(Z|[-+][0-9]{2}:[0-9]{2}))"
    r"|(?:[ ]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(\.[0-9]{1,9})?))?"
)
LONGEST_NUMBER: Final = 400

Scalar = str | int | float | bool | None

_FITS: Final[Mapping[str, Callable[[Scalar], bool]]] = {
    "null": lambda value: value is None,
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "timestamp": lambda value: isinstance(value, str) and _timestamp(value) is not None,
}


def resolve_plain(text: str) -> Scalar:
    """Return the value of a plain scalar; raise ValueError for numbers that JSON cannot express."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if not (text[0].isdigit() or text[0] in "+-."):
        return text
    number = _number(text)
    if number is not None:
        return number
    return _timestamp(text) or text


def resolve_tagged(tag: str, text: str) -> Scalar:
    """Return the value of a scalar with a tag; raise ValueError if it does not fit or if the tag is unknown."""
    kind = tag.removeprefix("tag:yaml.org,2002:")
    if kind in {"str", "!"}:
        return text
    if kind == "binary":
        return _binary(text)
    if kind not in _FITS:
        raise ValueError(f'unknown tag "{tag}"')
    value = resolve_plain(text)
    if not _FITS[kind](value):
        raise ValueError(f'"{text}" is no value of the type {kind}')
    return float(value) if kind == "float" and isinstance(value, int) else value


def is_string(text: str) -> bool:
    """Whether the text, written plain, is read as this string."""
    try:
        return resolve_plain(text) == text and _timestamp(text) is None
    except ValueError:
        return False


def _binary(text: str) -> str:
    try:
        return b64decode(text).decode()
    except (Base64Error, UnicodeDecodeError) as error:
        raise ValueError("the binary value is not Base64-encoded text") from error


def _number(text: str) -> int | float | None:
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f'"{text}" is no number that JSON can express')
    digits = text.replace("_", "") if text[0] != "." else text
    if len(digits) > LONGEST_NUMBER:
        return None
    for pattern, radix in _INTEGERS:
        if pattern.fullmatch(digits):
            integer = int(digits.replace("0o", "0") if radix == 8 else digits, radix)
            return integer if -(1 << 63) <= integer < 1 << 64 else float(integer)
    if _FLOAT.fullmatch(digits) is None:
        return None
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f'"{text}" is too large a number')
    return number


def _timestamp(text: str) -> str | None:
    """Write a timestamp as RFC 3339; None if the text is none."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) for part in match.group(1, 2, 3))
    first = 4 if match[4] else 9
    hour, minute, second = (int(part or 0) for part in match.group(first, first + 1, first + 2))
    fraction = (match[first + 3] or "").rstrip("0").rstrip(".")
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(match[8]))
    except ValueError:
        return None
    zone = moment.strftime("%z")
    return f"{moment:%Y-%m-%dT%H:%M:%S}".zfill(19) + fraction + ("Z" if zone == "+0000" else f"{zone[:3]}:{zone[3:]}")


def _zone(text: str | None) -> timezone:
    if text is None or text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[4:6])))

"""Gathers what is wrong with the values of a request body, in the order of checking (contract http-api, section 6)."""

import re
from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit

from eventline_common.domain.validation import ValidationError
from eventline_common.errors import InvalidRequestBody
from eventline_common.times import parse_time

_NAME = re.compile(r"[a-z0-9][a-z0-9\-_]*")


class Checks:
    """Collects validation errors; `finish` raises them together. Lengths are code points."""

    def __init__(self) -> None:
        self.errors: list[ValidationError] = []

    def add(self, pointer: str, code: str, message: str) -> None:
        """Note an error."""
        self.errors.append(ValidationError(pointer, code, message))

    def name(self, pointer: str, value: str) -> None:
        """1 to 100 code points, `[a-z0-9][a-z0-9-_]*`; an empty name is only too short."""
        self.length(pointer, value, least=1, most=100)
        if value and _NAME.fullmatch(value) is None:
            self.add(
                pointer,
                "invalid_format",
                f'"{value[:100]}" must start with a lower case letter or a digit, and only contain lower case letters,'
                " digits, dashes and underscores",
            )

    def length(self, pointer: str, value: str, *, least: int = 0, most: int) -> None:
        """A string has no fewer and no more code points."""
        if len(value) < least:
            self.add(pointer, "string_too_short", f"string must contain at least {least} characters")
        elif len(value) > most:
            self.add(pointer, "string_too_long", f"string must contain at most {most} characters")

    def not_empty(self, pointer: str, value: str) -> None:
        """A string is given and not empty."""
        if not value:
            self.add(pointer, "missing_or_empty_string", "missing or empty string")

    def one_of(self, pointer: str, value: str, accepted: Collection[str]) -> None:
        """A string is one of an enumeration."""
        if value not in accepted:
            listed = ", ".join(f'"{choice}"' for choice in accepted)
            self.add(pointer, "invalid_value", f'"{value[:100]}" is not one of {listed}')

    def integer(self, pointer: str, value: int, *, least: int, most: int) -> None:
        """An integer is within bounds."""
        if value < least:
            self.add(pointer, "integer_too_small", f"integer must be at least {least}")
        elif value > most:
            self.add(pointer, "integer_too_large", f"integer must be at most {most}")

    def present(self, pointer: str, *, given: bool) -> None:
        """A required object is there."""
        if not given:
            self.add(pointer, "missing_or_null_value", "missing or null value")

    def moment(self, pointer: str, value: str) -> datetime | None:
        """Return an RFC 3339 date-time, or note that it is none."""
        try:
            return parse_time(value)
        except ValueError as error:
            self.add(pointer, "invalid_datetime", str(error))
            return None

    def http_uri(self, pointer: str, value: str) -> None:
        """A string is an address that can be requested with HTTP."""
        try:
            parts = urlsplit(value)
            host = parts.hostname
        except ValueError:
            self.add(pointer, "invalid_uri_format", f'"{value[:200]}" is not a uri')
            return
        if not parts.scheme:
            self.add(pointer, "missing_uri_scheme", f'"{value[:200]}" has no scheme')
        elif parts.scheme not in ("http", "https") or not host:
            self.add(pointer, "invalid_value", f'"{value[:200]}" must start with http:// or https:// and name a host')

    def finish(self) -> None:
        """Raise InvalidRequestBody with everything that is wrong, if anything is."""
        if self.errors:
            raise InvalidRequestBody.of(self.errors)

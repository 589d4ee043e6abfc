"""Reading JSON values that people wrote: wrong types end the reading, broken rules are collected with their places.

Contract http-api, section 6: a value of the wrong JSON type is a decoding error, told in one sentence; everything else
is a validation error with a JSON pointer and a code, and all of them are told together.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from eventline_common.domain import json_pointer

NAME = re.compile(r"[a-z0-9][a-z0-9\-_]*")
NAME_LENGTH = 100
LEAST_INTEGER, MOST_INTEGER = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class ValidationError:
    """A rule that a value breaks; `pointer` is a JSON pointer into the whole document."""

    pointer: str
    code: str
    message: str


class DecodeError(ValueError):
    """A value has the wrong JSON type, or a form that cannot be read."""


def kind_of(value: object) -> str:
    """Name the JSON type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case Mapping():
            return "an object"
        case _:
            return "an array"


@dataclass(frozen=True, slots=True)
class Reader:
    """A JSON object that is being read, where it stands, and the list that takes what is wrong."""

    value: Mapping[str, object]
    tokens: tuple[object, ...] = ()
    errors: list[ValidationError] = field(default_factory=list)

    @classmethod
    def of(cls, value: object, tokens: tuple[object, ...], errors: list[ValidationError]) -> "Reader":
        """Read a value that must be an object."""
        if not isinstance(value, Mapping):
            raise _wrong_type(tokens, "an object", value)
        return cls(value, tokens, errors)

    def wrong(self, name: str | None, code: str, message: str) -> None:
        """Collect a validation error at a member, or at the object itself."""
        tokens = self.tokens if name is None else (*self.tokens, name)
        self.errors.append(ValidationError(json_pointer.build(*tokens), code, message))

    def text(self, name: str) -> str:
        """Return a string; absent and null are empty."""
        value = self.value.get(name)
        if value is not None and not isinstance(value, str):
            raise _wrong_type((*self.tokens, name), "a string", value)
        return value or ""

    def filled(self, name: str) -> str:
        """Return a string that must not be empty."""
        value = self.text(name)
        if not value:
            self.wrong(name, "missing_or_empty_string", "missing or empty string")
        return value

    def bounded(self, name: str, least: int, most: int) -> str:
        """Return a string whose length in code points has bounds."""
        value = self.text(name)
        self.check_length(name, value, least, most)
        return value

    def check_length(self, name: str, value: str, least: int, most: int) -> None:
        """Check the bounds of a length."""
        if len(value) < least:
            self.wrong(name, "string_too_short", f"string must contain at least {least} character{'s'[: least > 1]}")
        if len(value) > most:
            self.wrong(name, "string_too_long", f"string must contain at most {most} characters, not {len(value)}")

    def name(self, name: str = "name") -> str:
        """Return a name (handbook 11.2)."""
        value = self.text(name)
        check_name(value, lambda code, message: self.wrong(name, code, message))
        return value

    def choice(self, name: str, values: Sequence[str], *, default: str | None = None) -> str:
        """Return one of the given strings."""
        value = self.text(name)
        if not value and default is not None:
            return default
        if value not in values:
            self.wrong(name, "invalid_value", f'"{value}" is not one of {", ".join(values)}')
        return value

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean; absent and null are the default."""
        value = self.value.get(name)
        if value is not None and not isinstance(value, bool):
            raise _wrong_type((*self.tokens, name), "a boolean", value)
        return default if value is None else value

    def integer(self, name: str, *, least: int | None = None, most: int | None = None, zero: bool = False) -> int:
        """Return an integer; absent and null are 0, which the bounds let pass if `zero`."""
        value = self.value.get(name)
        if value is not None and not is_integer(value):
            raise _wrong_type((*self.tokens, name), "an integer of 64 bits, without fraction or exponent", value)
        number = value if isinstance(value, int) else 0
        if not (zero and number == 0):
            self._check_bounds(name, number, "integer", least, most)
        return number

    def number(self, name: str, *, least: float, most: float) -> float:
        """Return a number; absent, null and 0 are 0."""
        value = self.value.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise _wrong_type((*self.tokens, name), "a number", value)
        if value:
            self._check_bounds(name, value, "float", least, most)
        return value or 0

    def _check_bounds(self, name: str, number: float, kind: str, least: float | None, most: float | None) -> None:
        word = "integer" if kind == "integer" else "number"
        if least is not None and number < least:
            self.wrong(name, f"{kind}_too_small", f"{word} {number} must be at least {least}")
        if most is not None and number > most:
            self.wrong(name, f"{kind}_too_large", f"{word} {number} must be at most {most}")

    def child(self, name: str) -> "Reader | None":
        """Return an object that is a member; None if it is absent or null."""
        value = self.value.get(name)
        return None if value is None else Reader.of(value, (*self.tokens, name), self.errors)

    def items(self, name: str) -> Sequence[object]:
        """Return an array; absent and null are empty."""
        value = self.value.get(name)
        if value is not None and not isinstance(value, list):
            raise _wrong_type((*self.tokens, name), "an array", value)
        return value or []

    def children(self, name: str) -> "Iterator[tuple[int, Reader]]":
        """Yield the objects of an array; a null in it is a validation error."""
        for position, value in enumerate(self.items(name)):
            tokens = (*self.tokens, name, position)
            if value is None:
                pointer = json_pointer.build(*tokens)
                self.errors.append(ValidationError(pointer, "missing_or_null_value", "missing or null value"))
            else:
                yield position, Reader.of(value, tokens, self.errors)

    def at(self, name: str) -> "Reader":
        """Return a reader that stands at a member, to say what is wrong inside it."""
        return Reader({}, (*self.tokens, name), self.errors)

    def texts(self, name: str) -> list[str]:
        """Return an array of strings."""
        found = self.items(name)
        for position, value in enumerate(found):
            if not isinstance(value, str):
                raise _wrong_type((*self.tokens, name, position), "a string", value)
        return [str(value) for value in found]

    def text_members(self, name: str) -> dict[str, str]:
        """Return an object whose members are strings."""
        child = self.child(name)
        if child is None:
            return {}
        for key, value in child.value.items():
            if not isinstance(value, str):
                raise _wrong_type((*child.tokens, key), "a string", value)
        return {key: str(value) for key, value in child.value.items()}

    def only(self, names: Sequence[str]) -> None:
        """Refuse members that are not known, as a decoding error."""
        for name in self.value:
            if name not in names:
                known = f"known members: {', '.join(names)}" if names else "no members are known here"
                raise DecodeError(f'{json_pointer.build(*self.tokens)}: unknown member "{name}"; {known}')


def is_integer(value: object) -> bool:
    """Tell whether a JSON value is a number that was written as an integer and has 64 bits, sign included."""
    return isinstance(value, int) and not isinstance(value, bool) and LEAST_INTEGER <= value <= MOST_INTEGER


def check_name(value: str, wrong: Callable[[str, str], None]) -> None:
    """Check a name and report code and message of everything that is wrong with it."""
    if not value:
        wrong("string_too_short", "name must contain at least 1 character")
        return
    if len(value) > NAME_LENGTH:
        wrong("string_too_long", f"name must contain at most {NAME_LENGTH} characters, not {len(value)}")
    if not NAME.fullmatch(value):
        wrong(
            "invalid_format",
            f'name "{value[:NAME_LENGTH]}" must only contain lower case letters, digits, dashes and underscores,'
            " and start with a letter or a digit",
        )


def _wrong_type(tokens: tuple[object, ...], wanted: str, value: object) -> DecodeError:
    place = json_pointer.build(*tokens) or "the document"
    return DecodeError(f"{place} must be {wanted}, not {kind_of(value)}")

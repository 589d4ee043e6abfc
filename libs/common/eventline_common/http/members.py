"""Reads members of decoded JSON: absent and `null` give the zero value, a wrong type is an error without `data`."""

from collections.abc import Mapping, Sequence
from typing import TypeVar, cast

from eventline_common.errors import InvalidRequestBody

Value = TypeVar("Value")

_NAMES: Mapping[type, str] = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


class Members:
    """An object somewhere in a request body; unknown members are ignored (contract http-api, section 1)."""

    def __init__(self, value: Mapping[str, object], pointer: str = "") -> None:
        self._value = value
        self.pointer = pointer

    @classmethod
    def of(cls, body: object) -> "Members":
        """Return the members of a whole body; raise InvalidRequestBody if it is not an object."""
        if not isinstance(body, dict):
            raise _wrong_type("", "an object", body)
        return cls(body)

    def at(self, name: str) -> str:
        """Return the JSON pointer of a member."""
        return f"{self.pointer}/{name}"

    def has(self, name: str) -> bool:
        """Tell whether a member is there and not null."""
        return self._value.get(name) is not None

    def text(self, name: str) -> str:
        """Return a string, by default empty."""
        return self._read(name, str, "a string") or ""

    def boolean(self, name: str) -> bool:
        """Return a boolean, by default false."""
        return self._read(name, bool, "a boolean") or False

    def integer(self, name: str) -> int:
        """Return an integer, by default 0."""
        value = self._value.get(name)
        if isinstance(value, bool):
            raise _wrong_type(self.at(name), "an integer", value)
        return self._read(name, int, "an integer") or 0

    def nested(self, name: str) -> "Members | None":
        """Return an object, by default none."""
        value = self._read(name, dict, "an object")
        return None if value is None else Members(value, self.at(name))

    def mapping(self, name: str) -> Mapping[str, object] | None:
        """Return an object as it is, by default none."""
        return cast("Mapping[str, object] | None", self._read(name, dict, "an object"))

    def texts(self, name: str) -> Sequence[str]:
        """Return an array of strings, by default empty."""
        values: list[object] = self._read(name, list, "an array") or []
        for index, value in enumerate(values):
            if not isinstance(value, str):
                raise _wrong_type(f"{self.at(name)}/{index}", "a string", value)
        return cast("list[str]", values)

    def _read(self, name: str, wanted: type[Value], description: str) -> Value | None:
        value = self._value.get(name)
        if value is not None and not isinstance(value, wanted):
            raise _wrong_type(self.at(name), description, value)
        return value


def _wrong_type(pointer: str, wanted: str, value: object) -> InvalidRequestBody:
    place = f"{pointer}: " if pointer else ""
    return InvalidRequestBody(f"invalid request body: {place}expected {wanted}, got {_NAMES[type(value)]}")

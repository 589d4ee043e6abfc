"""The kinds of fields that identity types are made of (contract identities-connectors, section 2)."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from eventline_common.domain.validation import Reader
from eventline_common.times import parse_time


class FieldKind(StrEnum):
    """How a field is written in JSON and shown in a form."""

    STRING = "string"
    STRING_LIST = "string_list"
    ENUM_LIST = "enum_list"
    DATE = "date"
    URI = "uri"
    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"


@dataclass(frozen=True, slots=True)
class IdentityField:
    """One field: internal ones are filled by the server; `variable` is injected into executions with the identity."""

    name: str
    kind: FieldKind = FieldKind.STRING
    secret: bool = False
    verbatim: bool = False
    internal: bool = False
    optional: bool = False
    always: bool = False
    newline: bool = False
    values: tuple[str, ...] = ()
    preselected: tuple[str, ...] = ()
    variable: str | None = None

    def read(self, reader: Reader) -> object | None:
        """Return the value of this field, None if it is absent; what is wrong goes to the reader."""
        match self.kind:
            case FieldKind.BOOLEAN:
                return reader.boolean(self.name) or None
            case FieldKind.INTEGER:
                value = reader.integer(self.name)
                return value if value or self.always else None
            case FieldKind.STRING_LIST | FieldKind.ENUM_LIST:
                return self._read_list(reader)
            case FieldKind.URI:
                return self._read_uri(reader)
            case FieldKind.DATE:
                return self._read_date(reader)
            case _:
                return self._read_text(reader)

    def _read_text(self, reader: Reader) -> str | None:
        value = reader.text(self.name) if self.optional or self.internal else reader.filled(self.name)
        if "\0" in value:
            reader.wrong(self.name, "invalid_value", "text cannot contain a NUL character: it becomes a variable")
        if self.newline and value and not value.endswith("\n"):
            value += "\n"
        return value or None

    def _read_date(self, reader: Reader) -> str | None:
        value = reader.text(self.name)
        try:
            if value:
                parse_time(value)
        except ValueError as error:
            reader.wrong(self.name, "invalid_datetime", str(error))
        return value or None

    def _read_uri(self, reader: Reader) -> str | None:
        value = reader.text(self.name) if self.optional else reader.filled(self.name)
        if not value:
            return None
        try:
            scheme = urlsplit(value).scheme
        except ValueError:
            scheme = None
        if scheme is None or any(character.isspace() or not character.isprintable() for character in value):
            reader.wrong(self.name, "invalid_uri_format", f'"{value}" is not a uri')
        elif not scheme:
            reader.wrong(self.name, "missing_uri_scheme", f'uri "{value}" has no scheme such as https')
        return value

    def _read_list(self, reader: Reader) -> list[str] | None:
        values = reader.texts(self.name)
        if not values and not (self.optional or self.internal):
            reader.wrong(self.name, "empty_array", "array must contain at least one element")
        place = reader.at(self.name)
        for position, value in enumerate(values):
            if self.values and value not in self.values:
                place.wrong(str(position), "invalid_value", f'"{value}" is not one of {", ".join(self.values)}')
        return values or None

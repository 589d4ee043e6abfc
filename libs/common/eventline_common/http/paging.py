"""Pages of collections: cursors in, pages out (handbook 11.1, contract http-api, section 8)."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from eventline_common.errors import InvalidQueryParameter
from eventline_common.ids import is_id
from eventline_common.times import format_time, parse_time

LARGEST_SIZE = 100
DEFAULT_SIZE = 20

Element = TypeVar("Element")
Other = TypeVar("Other")


class Order(StrEnum):
    """The direction of a sort."""

    ASC = "asc"
    DESC = "desc"


class KeyKind(StrEnum):
    """What the keys of a sort are made of."""

    TEXT = "text"
    TIME_AND_ID = "time_and_id"


@dataclass(frozen=True, slots=True)
class Sort:
    """A total order: SQL columns, constants of our code, and the names under which a row holds their values."""

    columns: tuple[str, ...]
    fields: tuple[str, ...]
    kind: KeyKind = KeyKind.TEXT

    @classmethod
    def by_text(cls, column: str, field: str) -> "Sort":
        """Sort by a unique text column, bytewise (G-80)."""
        return cls((column,), (field,))

    @classmethod
    def by_time(cls, time: str, id: str, *, field: str, id_field: str = "id") -> "Sort":
        """Sort by time, then by id, so that elements of one instant have their places (G-04)."""
        return cls((time, id), (field, id_field), KeyKind.TIME_AND_ID)


@dataclass(frozen=True, slots=True)
class Collection:
    """The sorts of a paginated collection."""

    sorts: Mapping[str, Sort]
    default_sort: str
    default_order: Order = Order.ASC


@dataclass(frozen=True, slots=True)
class Cursor:
    """Which part of a collection is wanted; at most one of `before` and `after` is given."""

    sort: str
    order: Order = Order.ASC
    size: int = DEFAULT_SIZE
    before: str | None = None
    after: str | None = None

    @property
    def key(self) -> str | None:
        """The element from which to go on, if any."""
        return self.before if self.before is not None else self.after


@dataclass(frozen=True, slots=True)
class Slice(Generic[Element]):
    """The elements of a page, in the requested order, and the keys to go on with, where there may be more."""

    elements: Sequence[Element]
    previous: str | None = None
    next: str | None = None


def parse_cursor(query: Mapping[str, str], collection: Collection, *, default_size: int = DEFAULT_SIZE) -> Cursor:
    """Read the parameters of a page; an empty value counts as absent. Raise InvalidQueryParameter."""
    sort = query.get("sort") or collection.default_sort
    if sort not in collection.sorts:
        raise InvalidQueryParameter(f'invalid query parameter sort: "{sort}" is not one of {_list(collection.sorts)}')
    before, after = _key(query, "before"), _key(query, "after")
    if before is not None and after is not None:
        raise InvalidQueryParameter("invalid query parameters: before and after cannot be given together")
    cursor = Cursor(sort, _order(query, collection), _size(query, default_size), before, after)
    if cursor.key is not None:
        decode_key(cursor.key, collection.sorts[sort].kind)
    return cursor


def encode_key(values: Sequence[object], kind: KeyKind) -> str:
    """Write the values of a sort's fields as the opaque key of an element."""
    if kind is KeyKind.TEXT:
        return str(values[0])
    time, id = values
    assert isinstance(time, datetime)
    return f"{format_time(time)}/{id}"


def decode_key(key: str, kind: KeyKind) -> tuple[object, ...]:
    """Return the values that a key was made of; raise InvalidQueryParameter if it is malformed."""
    if kind is KeyKind.TEXT:
        if "\x00" in key:
            raise InvalidQueryParameter("invalid query parameter: the key holds a null character")
        return (key,)
    time, separator, id = key.partition("/")
    if not separator or not is_id(id):
        raise InvalidQueryParameter(f'invalid query parameter: "{key}" is not a key of this sort')
    try:
        return parse_time(time), id
    except ValueError as error:
        raise InvalidQueryParameter(f'invalid query parameter: "{key}" is not a key of this sort') from error


def page_view(slice: Slice[Element], cursor: Cursor, view: Callable[[Element], Other]) -> dict[str, object]:
    """Return the page object; keys in its cursors are not Base64-encoded."""
    page: dict[str, object] = {"elements": [view(element) for element in slice.elements]}
    rest = {"size": cursor.size, "sort": cursor.sort, "order": cursor.order.value}
    if slice.previous is not None:
        page["previous"] = {"before": slice.previous, **rest}
    if slice.next is not None:
        page["next"] = {"after": slice.next, **rest}
    return page


def _order(query: Mapping[str, str], collection: Collection) -> Order:
    text = query.get("order") or collection.default_order
    try:
        return Order(text)
    except ValueError as error:
        raise InvalidQueryParameter(f'invalid query parameter order: "{text}" is not one of asc, desc') from error


def _size(query: Mapping[str, str], default: int) -> int:
    text = query.get("size") or ""
    if not text:
        return default
    if re.fullmatch(r"[+-]?[0-9]{1,18}", text) is None:
        raise InvalidQueryParameter(f'invalid query parameter size: "{text}" is not an integer')
    if not 0 <= int(text) <= LARGEST_SIZE:
        raise InvalidQueryParameter(f"invalid query parameter size: {text} is not between 0 and {LARGEST_SIZE}")
    return int(text)


def _key(query: Mapping[str, str], name: str) -> str | None:
    # A "+" that was not percent-encoded arrives as a space.
    text = (query.get(name) or "").replace(" ", "+")
    if not text:
        return None
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidQueryParameter(f"invalid query parameter {name}: it is not a Base64-encoded key") from error


def _list(names: Mapping[str, Sort]) -> str:
    return ", ".join(sorted(names))

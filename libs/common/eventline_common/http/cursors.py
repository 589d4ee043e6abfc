"""The query parameters of a page as a dependency."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Query
from pydantic import WithJsonSchema
from starlette.requests import Request

from eventline_common.http.callers import caller_of
from eventline_common.http.paging import DEFAULT_SIZE, LARGEST_SIZE, Collection, Cursor, parse_cursor

_KEY_SCHEMA = {
    "type": "string",
    "contentEncoding": "base64",
    "pattern": "^([0-9A-Za-z+/]{4})*([0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$",
}
_Key = Annotated[
    str | None,
    WithJsonSchema(_KEY_SCHEMA),
    Query(description="A key of a page, encoded with standard Base64; at most one of before and after."),
]
_Size = Annotated[
    str | None,
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": LARGEST_SIZE}),
    Query(description="The number of elements; the default is the page size of the account, else 20."),
]
_Order = Annotated[
    str | None, WithJsonSchema({"type": "string", "enum": ["asc", "desc"]}), Query(description="The direction.")
]


def cursor_of(collection: Collection) -> Callable[..., Coroutine[Any, Any, Cursor]]:
    """Return a dependency that reads the cursor of a collection; declare it after the caller."""
    sort_schema = {"type": "string", "enum": sorted(collection.sorts)}

    async def read(
        request: Request,
        before: _Key = None,
        after: _Key = None,
        size: _Size = None,
        sort: Annotated[str | None, WithJsonSchema(sort_schema), Query(description="What to sort by.")] = None,
        order: _Order = None,
    ) -> Cursor:
        given = {"before": before, "after": after, "size": size, "sort": sort, "order": order}
        query = {name: value for name, value in given.items() if value}
        caller = caller_of(request)
        return parse_cursor(query, collection, default_size=caller.page_size if caller else DEFAULT_SIZE)

    return read

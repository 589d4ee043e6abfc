"""The query parameters of a page as a dependency."""

from typing import Any

from starlette.requests import Request

from eventline_common.http.callers import caller_of
from eventline_common.http.paging import DEFAULT_SIZE, LARGEST_SIZE, Collection, Cursor, parse_cursor

_NAMES = ("before", "after", "size", "sort", "order")
_KEY_SCHEMA = {"type": "string", "pattern": "^([0-9A-Za-z+/]{4})*([0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$"}
_KEY_DESCRIPTION = "A key of a page, encoded with standard Base64; at most one of before and after."


class CursorReader:
    """Reads the cursor of a collection, and describes it.

    Its parameters are not declared to the framework, whose handling of five of them takes longer than the query.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def __call__(self, request: Request) -> Cursor:
        query = request.query_params
        given = {name: query.getlist(name)[0] for name in _NAMES if name in query}
        caller = caller_of(request)
        return parse_cursor(given, self._collection, default_size=caller.page_size if caller else DEFAULT_SIZE)

    def parameters(self) -> list[dict[str, Any]]:
        """Return the description of the parameters for the OpenAPI document."""
        collection = self._collection
        sorts = {"type": "string", "enum": sorted(collection.sorts), "default": collection.default_sort}
        orders = {"type": "string", "enum": ["asc", "desc"], "default": collection.default_order.value}
        size = {"type": "integer", "minimum": 0, "maximum": LARGEST_SIZE}
        return [
            _parameter("before", _KEY_SCHEMA, _KEY_DESCRIPTION),
            _parameter("after", _KEY_SCHEMA, _KEY_DESCRIPTION),
            _parameter("size", size, "The number of elements; the default is the page size of the account, else 20."),
            _parameter("sort", sorts, "What to sort by."),
            _parameter("order", orders, "The direction."),
        ]


def cursor_of(collection: Collection) -> CursorReader:
    """Return a dependency that reads the cursor of a collection; declare it after the caller."""
    return CursorReader(collection)


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}

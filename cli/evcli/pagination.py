"""Collections of the API, page after page to the end (contract http-api, section 8)."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Final

from evcli.client import Client, Object, Query
from evcli.errors import ConnectionFailure

LARGEST_PAGE: Final = 100


def list_elements(
    client: Client, *path: str, query: Query = (), size: int = LARGEST_PAGE, limit: int = 0
) -> list[Object]:
    """Fetch the elements of a collection; `query` is repeated on each page, `limit` 0 means all of them."""
    elements: list[Object] = []
    for page in _pages(client, path, query, min(size, limit or size, LARGEST_PAGE)):
        elements.extend(page)
        if limit and len(elements) >= limit:
            return elements[:limit]
    return elements


def _pages(client: Client, path: tuple[str, ...], query: Query, size: int) -> Iterator[list[Object]]:
    cursor: Query = (("size", str(size)),)
    given = {name for name, _ in query}
    seen: set[str] = set()
    while True:
        page = client.get(*path, query=(*query, *(pair for pair in cursor if pair[0] not in given)))
        if not isinstance(page, dict) or not isinstance(page.get("elements"), list):
            raise ConnectionFailure(f"the answer of {client.origin} to GET /{'/'.join(path)} is no page of elements")
        yield page["elements"]
        following = page.get("next")
        if not isinstance(following, dict) or following.get("after") in seen:
            return
        seen.add(following.get("after", ""))
        cursor = _encode(following)


def _encode(cursor: Object) -> Query:
    # Keys are plain text in pages and Base64 in queries.
    key = b64encode(str(cursor.get("after", "")).encode()).decode()
    rest = [(name, str(cursor[name])) for name in ("size", "sort", "order") if cursor.get(name)]
    return (("after", key), *rest)

"""Pages of a collection on a real database (contract http-api, section 8; G-03, G-04, G-80)."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from eventline_api.audit_log.entry import AuditEntry
from eventline_api.audit_log.store import insert_entry
from eventline_api.platform import ApiPlatform
from eventline_common.ids import new_id
from eventline_common.testing.factories import create_project

from .conftest import Someone

ClientOf = Callable[..., httpx.AsyncClient]
NAMES = ["a", "a-b", "a_b", "aa", "b", "b0", "main", "z9"]


@pytest.fixture
def client(client_of: ClientOf, admin: Someone) -> httpx.AsyncClient:
    return client_of(admin.key)


async def create_projects(platform: ApiPlatform) -> None:
    async with platform.database.transaction() as tx:
        for name in reversed(NAMES):
            if name != "main":
                await create_project(tx, name)


def query(cursor: dict[str, Any]) -> dict[str, str]:
    """Return the query of a cursor, its key encoded."""
    keys = ("before", "after")
    return {
        name: base64.b64encode(value.encode()).decode() if name in keys else str(value)
        for name, value in cursor.items()
    }


async def follow(client: httpx.AsyncClient, path: str, first: dict[str, str], way: str) -> list[dict[str, Any]]:
    """Return all pages from a first one on."""
    pages = [(await client.get(path, params=first)).json()]
    while way in pages[-1]:
        pages.append((await client.get(path, params=query(pages[-1][way]))).json())
        assert len(pages) < 50
    return pages


def names_of(pages: list[dict[str, Any]]) -> list[str]:
    """Return the names on pages."""
    return [project["name"] for page in pages for project in page["elements"]]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("size", [1, 3, 8, 100])
async def test_following_next_and_then_previous_gives_everything_once(
    client: httpx.AsyncClient, platform: ApiPlatform, size: int, order: str
) -> None:
    await create_projects(platform)
    expected = NAMES if order == "asc" else NAMES[::-1]

    forward = await follow(client, "/projects", {"size": str(size), "order": order}, "next")
    assert names_of(forward) == expected
    assert "previous" not in forward[0]
    if len(forward) > 1:
        backward = await follow(client, "/projects", query(forward[-1]["previous"]), "previous")
        assert names_of(backward[::-1]) == expected[: -len(forward[-1]["elements"])]


async def test_the_cursors_of_a_page(client: httpx.AsyncClient, platform: ApiPlatform) -> None:
    await create_projects(platform)

    first = (await client.get("/projects?size=2")).json()
    middle = (await client.get("/projects", params=query(first["next"]))).json()
    back = (await client.get("/projects", params=query(middle["previous"]))).json()
    whole = (await client.get("/projects?size=100")).json()
    none = (await client.get("/projects?size=0")).json()
    past = (await client.get("/projects", params=query({"after": "zz"}))).json()

    assert first["next"] == {"after": "a-b", "size": 2, "sort": "name", "order": "asc"}
    assert middle["previous"] == {"before": "a_b", "size": 2, "sort": "name", "order": "asc"}
    assert set(middle) == {"elements", "previous", "next"}
    assert (back["elements"], set(back)) == (first["elements"], {"elements", "next"})
    assert set(whole) == {"elements"}
    assert none == past == {"elements": []}


async def test_a_malformed_cursor_is_refused(client: httpx.AsyncClient) -> None:
    for text in (
        "size=x",
        "size=101",
        "size=-1",
        "sort=age",
        "order=up",
        "after=*",
        "before=YQ==&after=YQ==",
        "after=YQ",
    ):
        answer = await client.get(f"/projects?{text}")

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_query_parameter"), text


async def test_elements_of_one_instant_are_neither_skipped_nor_repeated_while_new_ones_arrive(
    client: httpx.AsyncClient, platform: ApiPlatform
) -> None:
    now = platform.clock.now()

    async def add(count: int, offset: float) -> set[str]:
        entries = [
            AuditEntry(new_id(now), now + timedelta(seconds=offset), None, "x", None, "act", "thing", "", "", "", {})
            for _ in range(count)
        ]
        async with platform.database.transaction() as tx:
            for entry in entries:
                await insert_entry(tx, entry)
        return {entry.id for entry in entries}

    wanted = await add(20, 0.000001) | await add(10, 0.000002) | await add(10, 0.9)
    seen: list[str] = []
    page = (await client.get("/audit_log?size=3&object_type=thing")).json()
    while True:
        seen += [entry["id"] for entry in page["elements"]]
        await add(2, 2)
        if "next" not in page:
            break
        page = (await client.get("/audit_log", params={**query(page["next"]), "object_type": "thing"})).json()

    assert len(seen) == len(set(seen))
    assert set(seen) == wanted

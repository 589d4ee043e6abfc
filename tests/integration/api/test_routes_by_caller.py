"""Every route of the API, asked by nobody, strangers, users, administrators and read-only keys."""

import re
from collections.abc import Callable, Iterator

import httpx
from fastapi.routing import APIRoute

from eventline_api.platform import ApiPlatform
from eventline_api.routers import ROUTERS
from eventline_common.http import callers, documents
from eventline_common.http.caller import Role
from eventline_common.ids import NIL_ID, ProjectId

from .conftest import Someone, make_key

ClientOf = Callable[..., httpx.AsyncClient]

KINDS = {
    callers.PUBLIC: "public",
    callers.ACCOUNT: "account",
    callers.ADMINISTRATOR: "administrator",
    callers.IN_PROJECT: "project",
}


def routes() -> Iterator[tuple[str, str, str]]:
    """Give the method, the path and the declared caller of every route."""
    for router in (*ROUTERS, documents.router):
        for route in router.routes:
            assert isinstance(route, APIRoute)
            kind = KINDS[route.dependant.dependencies[0].call]  # type: ignore[index]
            for method in sorted(route.methods or ()):
                yield method, re.sub(r"\{\w+\}", lambda found: SEGMENTS.get(found[0], NIL_ID), route.path), kind


SEGMENTS = {"{name}": "nothing"}
ALL = sorted(set(routes()))


async def ask(client: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    """Send an empty object; a stream is asked for its head, so that it ends."""
    return await client.request("HEAD" if method == "GET" else method, path, content=b"{}")


def test_every_route_is_here() -> None:
    assert len(ALL) > 30
    assert {kind for _, _, kind in ALL} >= {"public", "account", "administrator"}


async def test_every_route_admits_whom_it_declares_and_nobody_else(
    client_of: ClientOf, platform: ApiPlatform, admin: Someone, bob: Someone, main_project: ProjectId
) -> None:
    wrong: list[str] = []
    for number, (method, path, kind) in enumerate(ALL):
        project = main_project if kind == "project" else None
        # Logging out ends a key: each route gets its own.
        keys = {
            "nobody": None,
            "stranger": "unknown",
            "user": await make_key(platform, bob.id, "bob", Role.USER, name=f"user-{number}"),
            "administrator": await make_key(platform, admin.id, "admin", Role.ADMIN, name=f"admin-{number}"),
            "reader": await make_key(platform, admin.id, "admin", Role.ADMIN, name=f"r-{number}", read_only=True),
        }
        for who, key in keys.items():
            answer = await ask(client_of(key, project), method, path)
            expected = expected_refusal(who, kind, reading=method == "GET")
            refusal = answer.status_code if answer.status_code in (401, 403, *range(500, 600)) else None
            if refusal != expected:
                wrong.append(f"{who}: {method} {path} gave {answer.status_code}, expected refusal: {expected}")
    assert wrong == []


def expected_refusal(who: str, kind: str, *, reading: bool) -> int | None:
    """Return the status that refuses a caller, or None if the caller is admitted."""
    if who == "stranger":
        return 403
    if kind == "public":
        return None
    refused = {
        "nobody": 401,
        "user": 403 if kind == "administrator" else None,
        "administrator": None,
        "reader": None if reading else 403,
    }
    return refused[who]


async def test_every_route_of_a_project_needs_one(client_of: ClientOf, bob: Someone) -> None:
    client = client_of(bob.key)
    answers = {
        (method, path): (await ask(client, method, path)).status_code for method, path, kind in ALL if kind == "project"
    }

    assert [route for route, status in answers.items() if status != 401] == []

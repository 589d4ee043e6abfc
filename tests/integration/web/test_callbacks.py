"""The callback of OAuth2, through real web and API servers to a real authorization server (G-36)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import httpx
import pytest
import pytest_asyncio

from eventline_api.app import build as build_api
from eventline_common.bus import Bus
from eventline_common.db.session import Database
from eventline_common.embedded.ports import free_port
from eventline_common.runtime.stopping import stop_tasks
from eventline_common.settings import Settings
from eventline_common.testing.authorization_server import AuthorizationServer, visit
from eventline_web.app import build as build_web

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


@dataclass(frozen=True)
class Person:
    """Somebody with a web session, seen by the API and by the web server."""

    api: httpx.AsyncClient
    web: httpx.AsyncClient

    async def start(self, authorization_server: AuthorizationServer) -> tuple[str, str]:
        """Create an identity and start its authorization; return its id and where the provider is."""
        data = authorization_server.identity()
        body = {"name": "oauth2", "connector": "generic", "type": "oauth2", "data": data}
        id = (await self.api.post("/oauth2/identities", json=body)).json()["id"]
        started = await self.api.post(f"/oauth2/identities/id/{id}/authorization")
        return id, started.json()["authorization_uri"]

    async def come_back(self, callback: str) -> httpx.Response:
        """Open the address that the provider sent the browser to."""
        return await self.web.get(httpx.URL(callback).raw_path.decode())

    async def status(self, id: str) -> str:
        return str((await self.api.get(f"/identities/id/{id}")).json()["status"])


@pytest_asyncio.fixture
async def person(
    settings_for_test: Settings, database: Database, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Person]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    api, web = (f"127.0.0.1:{free_port()}" for _ in range(2))
    settings = replace(
        settings_for_test,
        api_http_server=replace(settings_for_test.api_http_server, address=api),
        web_http_server=replace(settings_for_test.web_http_server, address=web),
    )
    async with AsyncExitStack() as stack:
        services = [await build_api(settings, stack), await build_web(settings, stack)]
        tasks = [asyncio.ensure_future(run()) for service in services for run in service.tasks]
        stack.push_async_callback(stop_tasks, tasks)
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://{api}", trust_env=False))
        login = (await client.post("/sessions", json={"username": "admin", "password": "admin"})).json()
        client.headers["Authorization"] = f"Bearer {login['key']}"
        project = (await client.get("/projects/name/main")).json()["id"]
        client.headers["X-Eventline-Project-Id"] = project
        browser = httpx.AsyncClient(base_url=f"http://{web}", trust_env=False, headers=BROWSER)
        browser.cookies.set("session_id", login["key"], domain="127.0.0.1")
        yield Person(client, await stack.enter_async_context(browser))


async def test_who_comes_back_from_the_provider_sees_the_identities(
    person: Person, authorization_server: AuthorizationServer
) -> None:
    id, uri = await person.start(authorization_server)

    answer = await person.come_back(visit(uri))

    assert (answer.status_code, answer.headers["location"]) == (303, "/identities")
    assert await person.status(id) == "ready"


async def test_who_declined_sees_the_identity_with_its_error(
    person: Person, authorization_server: AuthorizationServer
) -> None:
    id, uri = await person.start(authorization_server)

    answer = await person.come_back(visit(uri, agree=False))

    assert (answer.status_code, answer.headers["location"]) == (303, f"/identities/id/{id}")
    assert await person.status(id) == "error"


@pytest.mark.parametrize("cookie", ["", "session:unknown", "unknown"])
async def test_without_a_session_nothing_is_completed_and_nobody_is_logged_in(
    cookie: str, person: Person, authorization_server: AuthorizationServer
) -> None:
    id, uri = await person.start(authorization_server)
    callback = visit(uri)
    person.web.cookies.clear()
    if cookie:
        person.web.cookies.set("session_id", cookie, domain="127.0.0.1")

    answer = await person.come_back(callback)

    assert answer.status_code == 401
    assert "You are not logged in here" in answer.text
    assert "set-cookie" not in answer.headers
    assert await person.status(id) == "pending"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("code=c", "missing_oauth2_state"),
        ("state=s", "missing_oauth2_code"),
        ("state=s&code=c", "invalid_oauth2_state"),
    ],
)
async def test_an_answer_that_makes_no_sense_is_a_page_for_people_and_json_for_programs(
    query: str, code: str, person: Person
) -> None:
    path = f"/ext/connectors/generic/oauth2?{query}"

    page = await person.web.get(path)
    view = await person.web.get(path, headers={"Accept": "application/json"})

    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "start" in page.text
    assert (view.status_code, view.json()["code"]) == (400, code)


async def test_what_a_stranger_puts_into_the_address_is_not_markup(person: Person) -> None:
    page = await person.web.get("/ext/connectors/generic/oauth2?state=%3Cscript%3E&error=%3Cscript%3E")

    assert "<script>" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]

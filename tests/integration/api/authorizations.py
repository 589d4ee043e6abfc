"""What tests of authorizations share: identities at a real authorization server, and how they are asked for."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from eventline_api.platform import ApiPlatform
from eventline_common.ids import ProjectId
from eventline_common.settings import (
    GithubConnectorSettings,
    GithubOAuth2Settings,
    Settings,
    SlackConnectorSettings,
    SlackOAuth2Settings,
)
from eventline_common.testing.authorization_server import SECRET, AuthorizationServer

from .conftest import Someone

ClientOf = Callable[..., httpx.AsyncClient]


@pytest.fixture
def settings_for_test(settings_for_test: Settings, authorization_server: AuthorizationServer) -> Settings:
    """GitHub and Slack are where the authorization server of the tests is."""
    endpoints = (f"{authorization_server.issuer}/authorize", f"{authorization_server.issuer}/token")
    connectors = replace(
        settings_for_test.connectors,
        github=GithubConnectorSettings(oauth2=GithubOAuth2Settings(*endpoints)),
        slack=SlackConnectorSettings(oauth2=SlackOAuth2Settings(*endpoints, "slack-bot", SECRET)),
    )
    return replace(settings_for_test, connectors=connectors)


@pytest_asyncio.fixture
async def client(
    platform: ApiPlatform, client_of: ClientOf, bob: Someone, main_project: ProjectId, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield client_of(bob.key, main_project)
    await platform.authorizations.client.close()


async def create(client: httpx.AsyncClient, data: dict[str, object], *, type: str = "generic/oauth2") -> str:
    """Create an OAuth2 identity and return its id."""
    connector, _, name = type.partition("/")
    body = {"name": "oauth2", "connector": connector, "type": name, "data": data}
    created = await client.post("/oauth2/identities", json=body)
    assert created.status_code == 201, created.text
    return str(created.json()["id"])


async def start(client: httpx.AsyncClient, id: str) -> str:
    """Start an authorization and return the address of the provider."""
    started = await client.post(f"/oauth2/identities/id/{id}/authorization")
    assert started.status_code == 200, started.text
    return str(started.json()["authorization_uri"])


async def fetch(client: httpx.AsyncClient, id: str) -> Any:
    return (await client.get(f"/identities/id/{id}")).json()


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]

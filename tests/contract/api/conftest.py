"""The API as a process of its own, asked over the network; one for all tests of a file."""

from collections.abc import Iterator

import httpx
import pytest

from eventline_common.testing.api_process import RunningApi, running_api

from .rows import Rows
from .stage import CONFIGURATION, CREDENTIALS, PASSWORD, Stage, Theatre


@pytest.fixture(scope="session")
def running(pg_server_uri: str, template_database: str, nats_uri: str) -> Iterator[RunningApi]:
    """A running API."""
    with running_api(pg_server_uri, template_database, nats_uri, configuration=CONFIGURATION) as running:
        yield running


@pytest.fixture(scope="session")
def theatre(running: RunningApi) -> Iterator[Theatre]:
    """The API with a key of its administrator and one of a user."""
    rows = Rows(running.settings)
    with httpx.Client(base_url=running.uri, timeout=60) as client:
        admin = client.post("/login", json=CREDENTIALS).json()["key"]
        user = {"username": "bob", "password": PASSWORD, "role": "user"}
        client.post("/accounts", json=user, headers={"Authorization": f"Bearer {admin}"}).raise_for_status()
        bob = client.post("/login", json={"username": "bob", "password": PASSWORD}).json()["key"]
        yield Theatre(client, rows, running.uri, admin, bob, running.settings.limits.request_body)
    rows.close()


@pytest.fixture
def stage(theatre: Theatre) -> Stage:
    """A new project on that API."""
    return Stage.open(theatre)

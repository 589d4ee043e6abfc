"""Every type of identity through the API and through evcli, and what is stored of it."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from eventline_api.platform import ApiPlatform
from eventline_common.catalog.identities import IDENTITY_TYPES, initial_data
from eventline_common.http.gateway import Gateway
from eventline_common.http.server import HttpServer
from eventline_common.ids import ProjectId
from tests.unit.common.catalog.identity_examples import TYPES

from .conftest import Someone

ClientOf = Callable[..., httpx.AsyncClient]
# Long and unmistakable, so that finding one in a row is no accident.
MARK = "MARK-OF-A-SECRET-0123456789"


def split(reference: str) -> tuple[str, str]:
    connector, _, name = reference.partition("/")
    return connector, name


def stored_data(reference: str, data: Mapping[str, Any]) -> dict[str, object]:
    """Return what becomes of data that a client sends."""
    kind = IDENTITY_TYPES[split(reference)]
    return initial_data(kind, data) if kind.deferred else dict(data)


@pytest.mark.parametrize(("reference", "data"), [(reference, data) for reference, data, *_ in TYPES])
async def test_a_type_comes_back_equal_is_stored_encrypted_and_every_changed_byte_is_noticed(
    reference: str,
    data: dict[str, Any],
    client_of: ClientOf,
    bob: Someone,
    main_project: ProjectId,
    platform: ApiPlatform,
) -> None:
    client = client_of(bob.key, main_project)
    connector, name = split(reference)
    marked = {
        key: MARK + value if isinstance(value, str) and is_free(reference, key) else value
        for key, value in data.items()
    }
    body = {"name": "mine", "connector": connector, "type": name, "data": marked}
    path = "/oauth2/identities" if IDENTITY_TYPES[connector, name].deferred else "/identities"

    created = await client.post(path, json=body)

    id = created.json()["id"]
    assert created.status_code == 201
    assert created.json()["data"] == stored_data(reference, marked)
    assert (await client.get("/identities/name/mine")).json() == created.json()
    async with platform.database.connection() as tx:
        row = await tx.fetchrow("SELECT * FROM identities")
        assert row is not None
        assert MARK.encode() not in row["data"]
        assert MARK not in str({name: value for name, value in row.items() if name != "data"})
        for position in range(0, len(row["data"]), max(1, len(row["data"]) // 12)):
            changed = bytearray(row["data"])
            changed[position] ^= 0x5A
            await tx.execute("UPDATE identities SET data = $1", bytes(changed))
            answer = await client.get(f"/identities/id/{id}")
            assert (answer.status_code, MARK in answer.text) == (500, False)
            assert answer.json()["code"] in ("tampered_identity", "undecryptable_identity")


def is_free(reference: str, field: str) -> bool:
    """Tell whether a field may hold any text."""
    kinds = {each.name: each.kind.value for each in IDENTITY_TYPES[split(reference)].fields}
    return kinds[field] in ("string", "text")


@pytest_asyncio.fixture
async def endpoint(application: Gateway) -> AsyncIterator[str]:
    """The API as a real server."""
    server = HttpServer(application, name="api", address="127.0.0.1:0")
    running = asyncio.create_task(server.run())
    yield server.uri
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_evcli_sends_and_prints_every_type(
    endpoint: str, bob: Someone, platform: ApiPlatform, tmp_path: Path
) -> None:
    configuration = tmp_path / "evcli.json"
    configuration.write_text(json.dumps({"api": {"endpoint": endpoint, "key": bob.key}}))
    configuration.chmod(0o600)
    environment = {**os.environ, "EVCLI_CONFIG_PATH": str(configuration), "NO_PROXY": "127.0.0.1"}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "evcli", "--project", "main", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    for number, (reference, data, *_) in enumerate(TYPES):
        fields = [f"{k}={v}" if isinstance(v, str) else f"{k}:={json.dumps(v)}" for k, v in data.items()]
        command = "create-oauth2-identity" if IDENTITY_TYPES[split(reference)].deferred else "create-identity"
        await asyncio.to_thread(run, command, f"i{number:02}", *split(reference), *fields)
    listed = json.loads(await asyncio.to_thread(run, "list-identities", "--output", "json"))

    found = {f"{element['connector']}/{element['type']}": element["data"] for element in listed}
    assert found == {reference: stored_data(reference, data) for reference, data, *_ in TYPES}

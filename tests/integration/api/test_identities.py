"""Identities (contract http-api, section 10.8; identities-connectors; G-10, G-31, G-32, G-34, G-35)."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import orjson
import pytest

from eventline_api.app import create_application
from eventline_api.platform import ApiPlatform
from eventline_common.ids import NIL_ID, ProjectId
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import create_job, create_project

from .conftest import Someone

ClientOf = Callable[..., httpx.AsyncClient]
API_KEY = {"name": "key", "connector": "generic", "type": "api_key", "data": {"key": "s3cret <&>"}}


@pytest.fixture
def client(client_of: ClientOf, bob: Someone, main_project: ProjectId) -> httpx.AsyncClient:
    return client_of(bob.key, main_project)


def validation_errors(answer: httpx.Response) -> list[tuple[str, str]]:
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request_body")
    return [(error["pointer"], error["code"]) for error in answer.json()["data"]["validation_errors"]]


async def insert_oauth2(platform: ApiPlatform, project_id: ProjectId, *, status: str = "ready") -> str:
    """Insert an identity as the web interface leaves it after an authorisation."""
    id = "2QNx1cT9hZ5cVxFQy3cHvR6jM1a"
    data = {"issuer": "https://example.com", "access_token": "token", "refresh_token": "again", "ttl": 60}
    async with platform.database.connection() as connection:
        await connection.execute(
            "INSERT INTO identities (id, project_id, name, status, creation_time, update_time, refresh_time, connector,"
            " type, data) VALUES ($1, $2, 'oauth2', $3, $4, $4, $5, 'generic', 'oauth2', $6)",
            id,
            project_id,
            status,
            platform.clock.now(),
            platform.clock.now().replace(year=2030) if status == "ready" else None,
            platform.cipher.encrypt(orjson.dumps(data), context=id),
        )
    return id


async def test_an_identity_is_created_ready_and_returned_in_clear(
    client: httpx.AsyncClient, main_project: ProjectId
) -> None:
    created = await client.post("/identities", json=API_KEY)

    identity = created.json()
    assert created.status_code == 201
    assert identity == {
        "id": identity["id"],
        "project_id": main_project,
        "name": "key",
        "status": "ready",
        "creation_time": "2026-01-01T00:00:00Z",
        "update_time": "2026-01-01T00:00:00Z",
        "connector": "generic",
        "type": "api_key",
        "data": {"key": "s3cret <&>"},
    }
    assert (await client.get(f"/identities/id/{identity['id']}")).json() == identity
    assert (await client.get("/identities/name/key")).json() == identity
    assert (await client.get("/identities")).json() == {"elements": [identity]}


async def test_a_whole_object_with_zero_values_is_accepted(client: httpx.AsyncClient) -> None:
    body = {
        **API_KEY,
        "id": NIL_ID,
        "project_id": NIL_ID,
        "status": "",
        "creation_time": "0001-01-01T00:00:00Z",
        "update_time": "0001-01-01T00:00:00Z",
    }

    created = await client.post("/identities", json=body)

    assert created.status_code == 201
    assert created.json()["id"] != NIL_ID
    assert created.json()["status"] == "ready"


async def test_nothing_secret_is_stored_in_clear(client: httpx.AsyncClient, platform: ApiPlatform) -> None:
    await client.post("/identities", json=API_KEY)

    async with platform.database.connection() as connection:
        row = await connection.fetchrow("SELECT * FROM identities")

    assert row is not None
    assert b"s3cret" not in row["data"]
    assert "s3cret" not in str(dict(row))


async def test_data_that_were_moved_to_another_identity_are_not_read(
    client: httpx.AsyncClient, platform: ApiPlatform
) -> None:
    ids = [(await client.post("/identities", json={**API_KEY, "name": name})).json()["id"] for name in ("a", "b")]
    async with platform.database.connection() as connection:
        await connection.execute(
            "UPDATE identities SET data = (SELECT data FROM identities WHERE id = $1) WHERE id = $2", *ids
        )

    answer = await client.get(f"/identities/id/{ids[1]}")

    assert answer.status_code == 500
    assert "s3cret" not in answer.text


async def test_data_come_back_equal_with_their_optional_fields(client: httpx.AsyncClient) -> None:
    cases: list[tuple[str, str, dict[str, object], dict[str, object]]] = [
        ("generic", "ssh_key", {"private_key": "k", "public_key": ""}, {"private_key": "k\n"}),
        ("generic", "ssh_key", {"private_key": "k\n", "extra": 1}, {"private_key": "k\n"}),
        ("generic", "gpg_key", {"public_key": "p"}, {"public_key": "p"}),
        ("generic", "password", {"password": "p"}, {"password": "p"}),
        ("github", "token", {"username": "u", "token": "github_pat_x"}, {"username": "u", "token": "github_pat_x"}),
        (
            "aws",
            "access_key",
            {"access_key_id": "i", "secret_access_key": "s"},
            {"access_key_id": "i", "secret_access_key": "s"},
        ),
        ("postgresql", "password", {"user": "u", "password": "p"}, {"user": "u", "password": "p"}),
    ]
    for number, (connector, type, given, stored) in enumerate(cases):
        body = {"name": f"i{number}", "connector": connector, "type": type, "data": given}
        created = await client.post("/identities", json=body)

        assert created.status_code == 201
        assert (await client.get(f"/identities/id/{created.json()['id']}")).json()["data"] == stored


async def test_what_cannot_be_decoded_is_told_without_data(client: httpx.AsyncClient) -> None:
    cases: list[dict[str, object]] = [
        {"connector": "nothing"},
        {"connector": None},
        {"connector": "time", "type": "tick"},
        {"type": "nothing"},
        {"type": 1},
        {"data": None},
        {"data": []},
        {"data": {"key": 1}},
        {"name": {}},
    ]
    for changes in cases:
        answer = await client.post("/identities", json={**API_KEY, **changes})

        body = answer.json()
        assert (answer.status_code, body["code"]) == (400, "invalid_request_body"), changes
        assert body["error"].startswith("invalid request body: ")
        assert "data" not in body


async def test_what_is_wrong_with_the_values_is_told_with_pointers(client: httpx.AsyncClient) -> None:
    bad_key = await client.post("/identities", json={**API_KEY, "name": "Key", "data": {}})
    no_key = await client.post("/identities", json={**API_KEY, "type": "gpg_key", "data": {}})

    assert validation_errors(bad_key) == [("/name", "invalid_format"), ("/data/key", "missing_or_empty_string")]
    assert validation_errors(no_key) == [
        ("/data/private_key", "missing_value"),
        ("/data/public_key", "missing_value"),
    ]


async def test_types_that_need_a_browser_are_refused(client: httpx.AsyncClient) -> None:
    created = (await client.post("/identities", json=API_KEY)).json()
    body = {
        "name": "oauth2",
        "connector": "generic",
        "type": "oauth2",
        "data": {"issuer": "https://x", "client_id": "i", "client_secret": "s", "scopes": ["a"]},
    }

    for answer in (
        await client.post("/identities", json=body),
        await client.put(f"/identities/id/{created['id']}", json=body),
    ):
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_oauth2_identity")


async def test_a_name_is_taken_once_in_a_project(
    client: httpx.AsyncClient, client_of: ClientOf, bob: Someone, platform: ApiPlatform
) -> None:
    await client.post("/identities", json=API_KEY)
    second = (await client.post("/identities", json={**API_KEY, "name": "second"})).json()
    async with platform.database.transaction() as tx:
        other_project = await create_project(tx, "other")

    created = await client.post("/identities", json=API_KEY)
    renamed = await client.put(f"/identities/id/{second['id']}", json=API_KEY)
    elsewhere = await client_of(bob.key, other_project).post("/identities", json=API_KEY)

    for answer in (created, renamed):
        assert (answer.status_code, answer.json()["code"]) == (400, "duplicate_identity_name")
    assert elsewhere.status_code == 201


async def test_unknown_identities_and_those_of_other_projects_are_told(
    client: httpx.AsyncClient, client_of: ClientOf, bob: Someone, platform: ApiPlatform
) -> None:
    async with platform.database.transaction() as tx:
        other = client_of(bob.key, await create_project(tx, "other"))
    foreign = (await other.post("/identities", json=API_KEY)).json()["id"]

    for id in (NIL_ID, foreign):
        for method, suffix, body in (
            ("GET", "", None),
            ("PUT", "", API_KEY),
            ("DELETE", "", None),
            ("POST", "/refresh", None),
        ):
            answer = await client.request(method, f"/identities/id/{id}{suffix}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown_identity")
    assert (await client.get("/identities/name/key")).json()["code"] == "unknown_identity"
    assert (await other.get(f"/identities/id/{foreign}")).status_code == 200


async def test_an_update_replaces_everything_and_makes_the_identity_ready(
    client: httpx.AsyncClient, platform: ApiPlatform, main_project: ProjectId, clock: SettableClock
) -> None:
    id = await insert_oauth2(platform, main_project)
    async with platform.database.connection() as connection:
        await connection.execute(
            "UPDATE identities SET status = 'error', error_message = 'refused', refresh_time = NULL,"
            " last_use_time = $1",
            clock.now(),
        )
    broken = (await client.get(f"/identities/id/{id}")).json()
    clock.advance(60)

    updated = await client.put(f"/identities/id/{id}", json=API_KEY)

    assert (broken["status"], broken["error_message"]) == ("error", "refused")
    assert updated.status_code == 200
    assert updated.json() == {
        "id": id,
        "project_id": main_project,
        "name": "key",
        "status": "ready",
        "creation_time": "2026-01-01T00:00:00Z",
        "update_time": "2026-01-01T00:01:00Z",
        "last_use_time": "2026-01-01T00:00:00Z",
        "connector": "generic",
        "type": "api_key",
        "data": API_KEY["data"],
    }
    assert (await client.get(f"/identities/id/{id}")).json() == updated.json()


@pytest.mark.parametrize(
    "spec",
    [
        {"trigger": {"event": "github/push", "identity": "key"}},
        {"runner": {"name": "ssh", "parameters": {}, "identity": "key"}},
        {"identities": ["other", "key"]},
    ],
)
async def test_an_identity_that_a_job_names_keeps_its_name(
    client: httpx.AsyncClient, platform: ApiPlatform, main_project: ProjectId, spec: dict[str, object]
) -> None:
    id = (await client.post("/identities", json=API_KEY)).json()["id"]
    async with platform.database.transaction() as tx:
        await create_job(tx, main_project, spec)

    renamed = await client.put(f"/identities/id/{id}", json={**API_KEY, "name": "renamed"})
    deleted = await client.delete(f"/identities/id/{id}")
    changed = await client.put(f"/identities/id/{id}", json={**API_KEY, "data": {"key": "new"}})

    for answer in (renamed, deleted):
        assert (answer.status_code, answer.json()["code"]) == (400, "identity_in_use")
    assert changed.json()["data"] == {"key": "new"}


async def test_an_identity_that_a_subscription_uses_is_not_deleted(
    client: httpx.AsyncClient, platform: ApiPlatform
) -> None:
    id = (await client.post("/identities", json=API_KEY)).json()["id"]
    async with platform.database.connection() as connection:
        await connection.execute(
            "INSERT INTO subscriptions (id, identity_id, connector, event, parameters, creation_time, status)"
            " VALUES ('s', $1, 'github', 'push', '{}', now(), 'terminating')",
            id,
        )

    answer = await client.delete(f"/identities/id/{id}")

    assert (answer.status_code, answer.json()["code"]) == (400, "identity_in_use")


async def test_an_unused_identity_is_deleted(
    client: httpx.AsyncClient, platform: ApiPlatform, main_project: ProjectId
) -> None:
    id = (await client.post("/identities", json=API_KEY)).json()["id"]
    async with platform.database.transaction() as tx:
        await create_job(tx, main_project, {"identities": ["keys"]})

    deleted = await client.delete(f"/identities/id/{id}")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await client.get(f"/identities/id/{id}")).status_code == 404


async def test_summaries_hold_no_secret(client: httpx.AsyncClient) -> None:
    await client.post("/identities", json=API_KEY)

    page = await client.get("/identity_summaries")

    assert [element["name"] for element in page.json()["elements"]] == ["key"]
    assert "data" not in page.json()["elements"][0]
    assert "s3cret" not in page.text


async def test_types_are_listed_with_their_fields(client: httpx.AsyncClient) -> None:
    types = (await client.get("/identity_types")).json()["elements"]

    by_name = {(kind["connector"], kind["type"]): kind for kind in types}
    assert by_name["generic", "api_key"] == {
        "connector": "generic",
        "type": "api_key",
        "deferred": False,
        "refreshable": False,
        "fields": [
            {
                "name": "key",
                "type": "string",
                "secret": True,
                "verbatim": True,
                "internal": False,
                "optional": False,
            }
        ],
    }
    assert by_name["generic", "oauth2"]["deferred"] is True


async def test_a_refresh_is_asked_for_at_once(
    client: httpx.AsyncClient, platform: ApiPlatform, main_project: ProjectId
) -> None:
    id = await insert_oauth2(platform, main_project)

    answer = await client.post(f"/identities/id/{id}/refresh")

    assert answer.status_code == 204
    assert (await client.get(f"/identities/id/{id}")).json()["refresh_time"] == "2026-01-01T00:00:00Z"


async def test_what_cannot_be_refreshed_is_told(
    client: httpx.AsyncClient, platform: ApiPlatform, main_project: ProjectId
) -> None:
    plain = (await client.post("/identities", json=API_KEY)).json()["id"]
    pending = await insert_oauth2(platform, main_project, status="pending")

    for id in (plain, pending):
        answer = await client.post(f"/identities/id/{id}/refresh")
        assert (answer.status_code, answer.json()["code"]) == (400, "identity_not_refreshable")


async def test_an_operator_can_keep_secrets_out_of_answers(
    platform: ApiPlatform, bob: Someone, main_project: ProjectId
) -> None:
    hiding = replace(platform, settings=replace(platform.settings, hide_identity_secrets=True))
    headers = {"Authorization": f"Bearer {bob.key}", "X-Eventline-Project-Id": main_project}
    transport = httpx.ASGITransport(create_application(hiding))
    client = httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers)
    body = {"name": "p", "connector": "generic", "type": "password", "data": {"login": "bob", "password": "s3cret"}}

    created = await client.post("/identities", json=body)
    id = created.json()["id"]
    answers = [
        created,
        await client.put(f"/identities/id/{id}", json=body),
        await client.get(f"/identities/id/{id}"),
        await client.get("/identities/name/p"),
        await client.get("/identities"),
    ]

    assert all("s3cret" not in answer.text for answer in answers)
    assert created.json()["data"] == {"login": "bob"}
    async with platform.database.connection() as connection:
        stored = await connection.fetchval("SELECT data FROM identities")
    assert orjson.loads(platform.cipher.decrypt(stored, context=id)) == body["data"]

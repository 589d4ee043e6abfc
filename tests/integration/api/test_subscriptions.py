"""Subscriptions through the API: what triggers listen to, and what is wrong."""

import httpx

from eventline_common.db.session import Database
from eventline_common.ids import new_id

from .executions import Engine, api, engine

__all__ = ["api", "engine"]

STEPS = [{"code": "true"}]


async def deploy(api: httpx.AsyncClient, name: str, trigger: dict[str, object] | None) -> str:
    spec = {"name": name, "steps": STEPS, **({"trigger": trigger} if trigger else {})}
    answer = await api.put(f"/jobs/name/{name}", json=spec)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def subscription(api: httpx.AsyncClient, job_id: str) -> dict[str, object]:
    answer = await api.get(f"/jobs/id/{job_id}/subscription")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


async def test_a_subscription_shows_what_it_listens_to(api: httpx.AsyncClient, engine: Engine) -> None:
    id = await deploy(api, "hello", {"event": "time/tick", "parameters": {"periodic": 60}})

    found = await subscription(api, id)

    assert {name: found[name] for name in found if name not in ("id", "creation_time")} == {
        "project_id": engine.project_id,
        "job_id": id,
        "job_name": "hello",
        "connector": "time",
        "event": "tick",
        "parameters": {"periodic": 60},
        "status": "inactive",
    }


async def test_an_error_of_the_connector_is_visible(api: httpx.AsyncClient, database: Database) -> None:
    id = await deploy(api, "hello", {"event": "time/tick", "parameters": {"periodic": 60}})
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE subscriptions"
            " SET error_message = 'no route to github.com', next_update_time = '2026-01-01T00:01:00Z'"
        )

    found = await subscription(api, id)

    assert found["error_message"] == "no route to github.com"
    assert found["next_update_time"] == "2026-01-01T00:01:00Z"


async def test_the_address_of_a_webhook_survives_changes_and_cannot_be_guessed(api: httpx.AsyncClient) -> None:
    id = await deploy(api, "hello", {"event": "webhook/request"})
    other = await deploy(api, "other", {"event": "webhook/request"})
    before = await subscription(api, id)

    await deploy(api, "hello", {"event": "webhook/request", "parameters": {"headers": ["X-Topic"]}})
    after = await subscription(api, id)

    assert before["id"] != after["id"]
    assert before["address"] == after["address"] != (await subscription(api, other))["address"]
    prefix, _, target = str(after["address"]).rpartition("/")
    assert prefix == "http://localhost:8087/ext/connectors/webhook/requests"
    assert len(target) >= 43


async def test_subscriptions_are_listed_and_found_by_status(api: httpx.AsyncClient) -> None:
    first = await deploy(api, "first", {"event": "time/tick", "parameters": {"periodic": 60}})
    await deploy(api, "second", {"event": "webhook/request"})
    await api.delete(f"/jobs/id/{first}")

    everything = (await api.get("/subscriptions")).json()["elements"]
    inactive = (await api.get("/subscriptions?status=inactive")).json()["elements"]

    assert sorted(each["status"] for each in everything) == ["inactive", "terminating"]
    assert [each["job_name"] for each in inactive] == ["second"]


async def test_a_job_without_trigger_or_of_another_project_has_none(api: httpx.AsyncClient) -> None:
    id = await deploy(api, "hello", None)

    answers = [await api.get(f"/jobs/id/{each}/subscription") for each in (id, new_id())]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(404, "unknown_subscription"), (404, "unknown_job")]


async def test_a_renewed_address_takes_the_place_of_the_one_before(api: httpx.AsyncClient, database: Database) -> None:
    id = await deploy(api, "hello", {"event": "webhook/request"})
    before = await subscription(api, id)

    answer = await api.post(f"/jobs/id/{id}/subscription/renew_address")

    assert answer.status_code == 200
    assert answer.json() == await subscription(api, id)
    assert answer.json()["address"] != before["address"]
    async with database.connection() as tx:
        assert await tx.fetchval("SELECT count(*) FROM webhook_targets") == 1
        assert await tx.fetchval("SELECT count(*) FROM audit_log WHERE action = 'renew_address'") == 1

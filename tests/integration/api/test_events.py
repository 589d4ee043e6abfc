"""Events through the API (contract http-api, section 10.7)."""

import base64
from datetime import timedelta

import httpx

from eventline_api.platform import ApiPlatform
from eventline_common.ids import EventId, new_id
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import EPOCH, create_event, create_job, create_project

from .executions import Engine, api, engine, heard, said

__all__ = ["api", "engine"]

UNKNOWN = new_id()
ERRORS = [
    ("GET", f"/events/id/{UNKNOWN}", 404, "unknown_event"),
    ("POST", f"/events/id/{UNKNOWN}/replay", 404, "unknown_event"),
    ("GET", "/events/id/1", 400, "invalid_route_variable"),
    ("POST", "/events/id/1/replay", 400, "invalid_route_variable"),
    ("GET", "/events?sort=name", 400, "invalid_query_parameter"),
    ("GET", "/events?processed=yes", 400, "invalid_query_parameter"),
    ("GET", "/events?job=1", 400, "invalid_query_parameter"),
    ("GET", "/events?after=!", 400, "invalid_query_parameter"),
    ("GET", "/events?after=MjAyNi0wMS0wMVQwMDowMDowMFo=", 400, "invalid_query_parameter"),
]


async def test_errors_have_their_codes(api: httpx.AsyncClient) -> None:
    answers = [(method, path, await api.request(method, path)) for method, path, _, _ in ERRORS]

    assert [(method, path, a.status_code, a.json()["code"]) for method, path, a in answers] == ERRORS


async def make_event(engine: Engine, job_id: str, **members: object) -> EventId:
    async with engine.platform.database.transaction() as tx:
        return await create_event(tx, engine.project_id, job_id, **members)  # type: ignore[arg-type]


async def test_an_event_has_the_members_of_the_contract(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    job_id = await engine.job()
    id = await make_event(engine, job_id, data={"branch": "main"}, connector="github", name="push")
    path = f"/events/id/{id}"
    waiting = (await api.get(path)).json()
    async with platform.database.connection() as tx:
        await tx.execute("UPDATE events SET processed = true, process_time = now()")

    processed = (await api.get(path)).json()

    assert waiting == {
        "id": id,
        "project_id": engine.project_id,
        "job_id": job_id,
        "creation_time": "2026-01-01T00:00:00Z",
        "event_time": "2026-01-01T00:00:00Z",
        "connector": "github",
        "name": "push",
        "data": {"branch": "main"},
    }
    assert processed == {**waiting, "processed": True}


async def test_a_replay_is_a_new_event_that_names_the_one_it_replays(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform, clock: SettableClock
) -> None:
    id = await make_event(engine, await engine.job(), data={"a": [1, 2.5]})
    original = (await api.get(f"/events/id/{id}")).json()
    hints = await heard(platform.bus, "event.>")
    clock.advance(60)

    first = (await api.post(f"/events/id/{id}/replay")).json()
    second = (await api.post(f"/events/id/{first['id']}/replay")).json()

    assert first == {
        **original,
        "id": first["id"],
        "creation_time": "2026-01-01T00:01:00Z",
        "original_event_id": id,
    }
    assert second["original_event_id"] == first["id"]
    assert len({id, first["id"], second["id"]}) == 3
    assert await said(platform.bus, hints, 2) == [("event.time.tick", b"")] * 2
    assert (await api.get(f"/events/id/{second['id']}")).json() == second


async def test_events_are_listed_oldest_first_and_filtered(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    one, two = await engine.job("one"), await engine.job("two")
    late = await make_event(engine, one, event_time=EPOCH + timedelta(seconds=1))
    early = await make_event(engine, one)
    push = await make_event(engine, two, connector="github", name="push", event_time=EPOCH + timedelta(seconds=2))
    async with platform.database.connection() as tx:
        await tx.execute("UPDATE events SET processed = true, process_time = now() WHERE id = $1", early)

    async def ids(query: str = "") -> list[str]:
        return [element["id"] for element in (await api.get(f"/events{query}")).json()["elements"]]

    assert await ids() == [early, late, push]
    assert await ids("?order=desc") == [push, late, early]
    assert await ids("?sort=id") == sorted([early, late, push])
    assert await ids(f"?job={one}") == [early, late]
    assert await ids("?connector=github") == [push]
    assert await ids("?name=tick&processed=false") == [late]
    assert await ids("?processed=true") == [early]
    assert await ids("?start=2026-01-01T00:00:01Z&end=2026-01-01T00:00:02Z") == [late]


async def test_pages_neither_skip_nor_repeat_events_of_one_instant(api: httpx.AsyncClient, engine: Engine) -> None:
    job_id = await engine.job()
    made = {await make_event(engine, job_id) for _ in range(7)}
    seen: list[str] = []
    query = {"size": "3"}
    while True:
        page = (await api.get("/events", params=query)).json()
        seen += [element["id"] for element in page["elements"]]
        if "next" not in page:
            break
        query = {"size": "3", "after": base64.b64encode(page["next"]["after"].encode()).decode()}

    assert len(seen) == 7
    assert set(seen) == made


async def test_events_of_another_project_are_unknown(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    async with platform.database.transaction() as tx:
        other = await create_project(tx, "other")
        id = await create_event(tx, other, await create_job(tx, other))

    answers = [await api.get(f"/events/id/{id}"), await api.post(f"/events/id/{id}/replay")]

    assert [answer.json()["code"] for answer in answers] == ["unknown_event"] * 2
    assert (await api.get("/events")).json() == {"elements": []}


async def test_replays_are_in_the_audit_log(api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform) -> None:
    id = await make_event(engine, await engine.job())

    new = (await api.post(f"/events/id/{id}/replay")).json()

    async with platform.database.connection() as tx:
        row = await tx.fetchrow("SELECT * FROM audit_log WHERE action = 'replay'")
    assert row is not None
    assert (row["object_type"], row["object_id"], row["details"]) == ("event", id, {"new_event_id": new["id"]})

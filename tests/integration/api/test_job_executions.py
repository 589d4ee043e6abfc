"""Job executions through the API (contract http-api, sections 10.6 and 11)."""

import base64
from datetime import timedelta

import httpx
import pytest

from eventline_api.platform import ApiPlatform
from eventline_common.ids import NIL_ID, ProjectId, new_id
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import create_event, create_project

from .conftest import Someone
from .executions import Engine, api, engine, heard, said

__all__ = ["api", "engine"]

UNKNOWN = new_id()


async def test_a_created_execution_has_the_members_of_the_contract_and_no_others(
    api: httpx.AsyncClient, engine: Engine
) -> None:
    job_id = await engine.job()
    id = await engine.execution(job_id)

    found = (await api.get(f"/job_executions/id/{id}")).json()

    assert found == {
        "id": id,
        "project_id": engine.project_id,
        "job_id": job_id,
        "job_spec": found["job_spec"],
        "creation_time": "2026-01-01T00:00:00Z",
        "update_time": "2026-01-01T00:00:00Z",
        "scheduled_time": "2026-01-01T00:00:00Z",
        "status": "created",
    }
    assert found["job_spec"]["name"] == "hello"


async def test_times_and_messages_come_and_go_with_the_state(
    api: httpx.AsyncClient, engine: Engine, clock: SettableClock
) -> None:
    id = await engine.execution(await engine.job(spec={"retention": 3}, steps=[{"code": "true"}]))

    async def members() -> dict[str, object]:
        found = (await api.get(f"/job_executions/id/{id}")).json()
        names = ("status", "start_time", "end_time", "refresh_time", "expiration_time", "failure_message")
        return {name: found[name] for name in names if name in found}

    claimed = await engine.start(id)
    assert await members() == {
        "status": "started",
        "start_time": "2026-01-01T00:00:00Z",
        "refresh_time": "2026-01-01T00:00:00Z",
    }
    clock.advance(1.5)
    await engine.finish(claimed, "failed", "program exited with status 1")
    assert await members() == {
        "status": "failed",
        "start_time": "2026-01-01T00:00:00Z",
        "end_time": "2026-01-01T00:00:01.5Z",
        "expiration_time": "2026-01-04T00:00:01.5Z",
        "failure_message": "program exited with status 1",
    }
    await api.post(f"/job_executions/id/{id}/restart")
    assert await members() == {"status": "created"}


async def test_parameters_and_the_event_are_there_when_there_are_any(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    job_id = await engine.job()
    async with platform.database.transaction() as tx:
        event_id = await create_event(tx, engine.project_id, job_id)
    manual = await engine.execution(job_id, parameters={"count": 3})
    triggered = await engine.execution(job_id, event_id=event_id)

    with_parameters = (await api.get(f"/job_executions/id/{manual}")).json()
    with_event = (await api.get(f"/job_executions/id/{triggered}")).json()

    assert (with_parameters["parameters"], with_event["event_id"]) == ({"count": 3}, event_id)
    assert "event_id" not in with_parameters
    assert "parameters" not in with_event


async def test_aborting_is_final_at_once_and_tells_the_executor(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform, clock: SettableClock
) -> None:
    id = await engine.execution(await engine.job())
    claimed = await engine.start(id)
    aborts = await heard(platform.bus, "execution.abort.*")
    statuses = await heard(platform.bus, "execution.status.*.aborted")
    clock.advance(2)

    answer = await api.post(f"/job_executions/id/{id}/abort")

    assert (answer.status_code, answer.content) == (204, b"")
    found = (await api.get(f"/job_executions/id/{id}")).json()
    assert (found["status"], found["end_time"]) == ("aborted", "2026-01-01T00:00:02Z")
    steps = (await api.get(f"/job_executions/id/{id}/steps")).json()["elements"]
    assert [step["status"] for step in steps] == ["aborted", "aborted"]
    assert await said(platform.bus, aborts, 1) == [(f"execution.abort.{id}", b"")]
    assert await said(platform.bus, statuses, 1) == [(f"execution.status.{engine.project_id}.aborted", id.encode())]
    await engine.finish(claimed)
    assert (await api.get(f"/job_executions/id/{id}")).json()["status"] == "aborted"


async def test_an_execution_aborted_before_it_started_makes_room_for_the_next_one(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform, clock: SettableClock
) -> None:
    job_id = await engine.job(concurrent=False)
    first = await engine.execution(job_id)
    clock.advance(1)
    second = await engine.execution(job_id)
    runs = await heard(platform.bus, "execution.run.*")

    await api.post(f"/job_executions/id/{first}/abort")

    found = (await api.get(f"/job_executions/id/{first}")).json()
    assert "start_time" not in found
    assert "end_time" not in found
    assert await said(platform.bus, runs, 1) == [("execution.run.local", second.encode())]


async def test_restarting_clears_what_was_and_hints_the_execution(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform, clock: SettableClock
) -> None:
    job_id = await engine.job(steps=[{"code": "true"}])
    id = await engine.execution(job_id, parameters={"x": "y"})
    claimed = await engine.start(id)
    await engine.print(claimed, 1, 0, b"out")
    await engine.finish(claimed, "failed", "program exited with status 1")
    runs = await heard(platform.bus, "execution.run.*")
    clock.advance(60)

    answer = await api.post(f"/job_executions/id/{id}/restart")

    assert answer.status_code == 204
    found = (await api.get(f"/job_executions/id/{id}")).json()
    assert (found["status"], found["parameters"], found["update_time"]) == (
        "created",
        {"x": "y"},
        "2026-01-01T00:01:00Z",
    )
    [step] = (await api.get(f"/job_executions/id/{id}/steps")).json()["elements"]
    assert (step["status"], step["output_size"], "failure_message" in step) == ("created", 0, False)
    assert await said(platform.bus, runs, 1) == [("execution.run.local", id.encode())]


async def test_a_mail_that_is_due_for_an_abort_is_hinted(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    async with platform.database.connection() as tx:
        await tx.execute("UPDATE project_notification_settings SET email_addresses = '{a@example.com}'")
    id = await engine.execution(await engine.job())
    notifications = await heard(platform.bus, "notification")

    await api.post(f"/job_executions/id/{id}/abort")

    assert len(await said(platform.bus, notifications, 1)) == 1


ERRORS = [
    ("GET", f"/job_executions/id/{UNKNOWN}", 404, "unknown_job_execution"),
    ("POST", f"/job_executions/id/{UNKNOWN}/abort", 404, "unknown_job_execution"),
    ("POST", f"/job_executions/id/{UNKNOWN}/restart", 404, "unknown_job_execution"),
    ("GET", f"/job_executions/id/{UNKNOWN}/steps", 404, "unknown_job_execution"),
    ("GET", f"/job_executions/id/{UNKNOWN}/follow", 404, "unknown_job_execution"),
    ("GET", f"/jobs/id/{UNKNOWN}/job_executions", 404, "unknown_job"),
    ("GET", f"/job_executions/id/{NIL_ID}", 404, "unknown_job_execution"),
    ("GET", "/job_executions/id/hello", 400, "invalid_route_variable"),
    ("POST", "/job_executions/id/hello/abort", 400, "invalid_route_variable"),
    ("GET", "/job_executions/id/hello/follow", 400, "invalid_route_variable"),
    ("GET", "/job_executions?status=running", 400, "invalid_query_parameter"),
    ("GET", "/job_executions?status=failed,,aborted", 400, "invalid_query_parameter"),
    ("GET", "/job_executions?start=yesterday", 400, "invalid_query_parameter"),
    ("GET", "/job_executions?job=hello", 400, "invalid_query_parameter"),
    ("GET", "/job_executions?sort=name", 400, "invalid_query_parameter"),
    ("GET", "/job_executions?size=101", 400, "invalid_query_parameter"),
    ("GET", "/job_executions?after=bm90IGEga2V5", 400, "invalid_query_parameter"),
]


async def test_errors_have_their_codes(api: httpx.AsyncClient) -> None:
    answers = [(method, path, await api.request(method, path)) for method, path, _, _ in ERRORS]

    assert [(method, path, a.status_code, a.json()["code"]) for method, path, a in answers] == ERRORS
    assert {a.headers["content-type"] for _, _, a in answers} == {"application/json"}


async def test_only_unfinished_executions_are_aborted_and_only_finished_ones_restarted(
    api: httpx.AsyncClient, engine: Engine
) -> None:
    job_id = await engine.job()
    finished, waiting = await engine.run(job_id), await engine.execution(job_id)

    aborted = await api.post(f"/job_executions/id/{finished}/abort")
    restarted = await api.post(f"/job_executions/id/{waiting}/restart")

    assert (aborted.status_code, aborted.json()["code"]) == (400, "job_execution_finished")
    assert (restarted.status_code, restarted.json()["code"]) == (400, "job_execution_not_finished")


async def test_executions_of_another_project_are_unknown(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    async with platform.database.transaction() as tx:
        other = await create_project(tx, "other")
    job_id = await engine.job(project_id=other)
    id = await engine.execution(job_id)

    paths = [f"/job_executions/id/{id}", f"/job_executions/id/{id}/steps", f"/job_executions/id/{id}/follow"]
    answers = [(await api.get(path)).json()["code"] for path in paths]
    answers += [(await api.post(f"/job_executions/id/{id}/{verb}")).json()["code"] for verb in ("abort", "restart")]

    assert answers == ["unknown_job_execution"] * 5
    assert (await api.get(f"/jobs/id/{job_id}/job_executions")).json()["code"] == "unknown_job"
    assert (await api.get(f"/job_executions?job={job_id}")).json() == {"elements": []}


async def test_steps_are_listed_in_order_with_labels_and_sizes(
    api: httpx.AsyncClient, engine: Engine, clock: SettableClock
) -> None:
    id = await engine.execution(await engine.job())
    claimed = await engine.start(id)
    await engine.print(claimed, 1, 0, b"one")
    await engine.print(claimed, 1, 3, b"\xfftwo\n")
    clock.advance(1)
    await engine.advance(claimed, 1, "program exited with status 3")

    steps = (await api.get(f"/job_executions/id/{id}/steps")).json()

    common = {"project_id": engine.project_id, "job_execution_id": id}
    assert steps == {
        "elements": [
            {
                "id": claimed.steps[0],
                **common,
                "position": 1,
                "label": "Build",
                "status": "failed",
                "start_time": "2026-01-01T00:00:00Z",
                "end_time": "2026-01-01T00:00:01Z",
                "failure_message": "program exited with status 3",
                "output_size": 8,
            },
            {
                "id": claimed.steps[1],
                **common,
                "position": 2,
                "label": "Test",
                "status": "started",
                "start_time": "2026-01-01T00:00:01Z",
                "output_size": 0,
            },
        ]
    }


async def test_lists_are_filtered_by_job_status_and_time(
    api: httpx.AsyncClient, engine: Engine, clock: SettableClock
) -> None:
    one, two = await engine.job("one"), await engine.job("two")
    good = await engine.run(one, seconds=10)
    bad = await engine.run(one, "failed", "no", seconds=10)
    waiting = await engine.execution(one)
    other = await engine.execution(two)

    async def ids(path: str) -> list[str]:
        return [element["id"] for element in (await api.get(path)).json()["elements"]]

    assert set(await ids("/job_executions")) == {good, bad, waiting, other}
    assert await ids(f"/job_executions?job={two}") == [other]
    assert await ids(f"/jobs/id/{one}/job_executions") == [waiting, bad, good]
    assert await ids(f"/jobs/id/{one}/job_executions?order=asc") == [good, bad, waiting]
    assert await ids("/job_executions?status=failed,successful") == [bad, good]
    assert await ids("/job_executions?start=2026-01-01T00:00:10Z&end=2026-01-01T00:00:20Z") == [bad]
    assert await ids(f"/job_executions?end={int(clock.now().timestamp()) - 15}") == [good]
    assert await ids("/job_executions?start=2026-01-01T01:00:10%2B01:00&status=failed") == [bad]
    assert await ids(f"/jobs/id/{one}/job_executions?sort=id&status=created") == [waiting]


@pytest.mark.parametrize("sort", ["id", "scheduled_time"])
@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_pages_hold_every_execution_once_though_many_share_an_instant_and_new_ones_arrive(
    api: httpx.AsyncClient, engine: Engine, clock: SettableClock, sort: str, order: str
) -> None:
    job_id = await engine.job()
    start = clock.now()
    before = [
        await engine.execution(job_id, scheduled_time=start + timedelta(microseconds=number // 4))
        for number in range(23)
    ]
    seen: list[str] = []
    query: dict[str, object] = {"size": 4, "sort": sort, "order": order}
    while True:
        page = (await api.get("/job_executions", params=query)).json()  # type: ignore[arg-type]
        seen += [element["id"] for element in page["elements"]]
        await engine.execution(job_id, scheduled_time=start - timedelta(days=1))
        if "next" not in page or len(seen) > 40:
            break
        query = dict(page["next"])
        query["after"] = base64.b64encode(page["next"]["after"].encode()).decode()

    assert len(seen) == len(set(seen))
    assert set(before) <= set(seen)
    assert [id for id in seen if id in before] == [
        id for id in (sorted(before) if sort == "id" else seen) if id in before
    ][:: 1 if order == "asc" or sort != "id" else -1]


async def test_paging_backwards_keeps_the_order(api: httpx.AsyncClient, engine: Engine, clock: SettableClock) -> None:
    job_id = await engine.job()
    ids = []
    for _ in range(5):
        ids.append(await engine.execution(job_id))
        clock.advance(0.000001)
    newest_first = ids[::-1]
    first = (await api.get("/job_executions?size=2")).json()
    after = base64.b64encode(first["next"]["after"].encode()).decode()
    second = (await api.get("/job_executions", params={"size": 2, "after": after})).json()
    before = base64.b64encode(second["previous"]["before"].encode()).decode()

    back = (await api.get("/job_executions", params={"size": 2, "before": before})).json()

    assert [e["id"] for e in first["elements"]] == newest_first[:2]
    assert [e["id"] for e in second["elements"]] == newest_first[2:4]
    assert [e["id"] for e in back["elements"]] == newest_first[:2]
    assert "previous" not in back
    assert back["next"]["sort"] == "scheduled_time"


async def test_aborts_and_restarts_are_in_the_audit_log(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform, bob: Someone, main_project: ProjectId
) -> None:
    id = await engine.execution(await engine.job())

    await api.post(f"/job_executions/id/{id}/abort")
    await api.post(f"/job_executions/id/{id}/restart")
    await api.post(f"/job_executions/id/{id}/restart")

    async with platform.database.connection() as tx:
        rows = await tx.fetch("SELECT * FROM audit_log WHERE object_id = $1 ORDER BY action", id)
    assert [(r["action"], r["object_type"], r["object_name"]) for r in rows] == [
        ("abort", "job_execution", "hello"),
        ("restart", "job_execution", "hello"),
    ]
    assert {(r["username"], r["project_id"]) for r in rows} == {(bob.username, main_project)}

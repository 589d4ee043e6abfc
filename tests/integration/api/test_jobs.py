"""Jobs through the API, apart from deploying them (contract http-api, sections 10.5 and 11)."""

import asyncio
import base64

import httpx

from eventline_api.platform import ApiPlatform
from eventline_common.ids import new_id
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import create_job, create_project

from .conftest import Someone
from .executions import Engine, api, engine, heard, said

__all__ = ["api", "engine"]

UNKNOWN = new_id()
PARAMETERS = [
    {"name": "count", "type": "integer", "default": 3},
    {"name": "ratio", "type": "number", "default": None},
    {"name": "colour", "type": "string", "values": ["red", "blue"], "default": "red"},
    {"name": "verbose", "type": "boolean", "default": False},
]
ERRORS: list[tuple[str, str, object, int, str]] = [
    ("GET", f"/jobs/id/{UNKNOWN}", None, 404, "unknown_job"),
    ("GET", "/jobs/name/nothing", None, 404, "unknown_job"),
    ("GET", "/jobs/name/a%2Fb", None, 404, "unknown_job"),
    ("DELETE", f"/jobs/id/{UNKNOWN}", None, 404, "unknown_job"),
    ("POST", f"/jobs/id/{UNKNOWN}/rename", {"name": "x"}, 404, "unknown_job"),
    ("POST", f"/jobs/id/{UNKNOWN}/enable", None, 404, "unknown_job"),
    ("POST", f"/jobs/id/{UNKNOWN}/disable", None, 404, "unknown_job"),
    ("POST", f"/jobs/id/{UNKNOWN}/execute", {"parameters": {}}, 404, "unknown_job"),
    ("PUT", f"/jobs/id/{UNKNOWN}/favourite", None, 404, "unknown_job"),
    ("DELETE", f"/jobs/id/{UNKNOWN}/favourite", None, 404, "unknown_job"),
    ("GET", "/jobs/id/x", None, 400, "invalid_route_variable"),
    ("DELETE", "/jobs/id/x", None, 400, "invalid_route_variable"),
    ("POST", "/jobs/id/x/execute", None, 400, "invalid_route_variable"),
    ("POST", f"/jobs/id/{UNKNOWN}/rename", {"name": ""}, 400, "invalid_request_body"),
    ("POST", f"/jobs/id/{UNKNOWN}/rename", [], 400, "invalid_request_body"),
    ("POST", f"/jobs/id/{UNKNOWN}/execute", {}, 400, "invalid_request_body"),
    ("POST", f"/jobs/id/{UNKNOWN}/execute", {"parameters": None}, 400, "invalid_request_body"),
    ("POST", f"/jobs/id/{UNKNOWN}/execute", {"parameters": []}, 400, "invalid_request_body"),
    ("GET", "/jobs?sort=size", None, 400, "invalid_query_parameter"),
    ("GET", "/jobs?favourite=1", None, 400, "invalid_query_parameter"),
    ("GET", "/jobs?order=up", None, 400, "invalid_query_parameter"),
]


async def test_errors_have_their_codes(api: httpx.AsyncClient) -> None:
    answers = [(method, path, body, await api.request(method, path, json=body)) for method, path, body, _, _ in ERRORS]

    assert [(method, path, body, a.status_code, a.json()["code"]) for method, path, body, a in answers] == ERRORS


async def test_a_job_has_the_members_of_the_contract(
    api: httpx.AsyncClient, engine: Engine, clock: SettableClock
) -> None:
    id = await engine.job()
    by_id, by_name = (await api.get(f"/jobs/id/{id}")).json(), (await api.get("/jobs/name/hello")).json()
    clock.advance(5)
    await api.post(f"/jobs/id/{id}/disable")

    disabled = (await api.get(f"/jobs/id/{id}")).json()

    assert set(by_id) == {"id", "project_id", "creation_time", "update_time", "spec"}
    assert by_name == by_id
    assert disabled == {**by_id, "disabled": True, "update_time": "2026-01-01T00:00:05Z"}


async def test_switching_a_job_to_what_it_is_changes_nothing(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform, clock: SettableClock
) -> None:
    id = await engine.job()
    statuses = [(await api.post(f"/jobs/id/{id}/{verb}")).status_code for verb in ("disable", "disable")]
    clock.advance(5)
    statuses.append((await api.post(f"/jobs/id/{id}/disable")).status_code)
    still = (await api.get(f"/jobs/id/{id}")).json()
    statuses += [(await api.post(f"/jobs/id/{id}/{verb}")).status_code for verb in ("enable", "enable")]

    assert statuses == [204] * 5
    assert still["update_time"] == "2026-01-01T00:00:00Z"
    assert "disabled" not in (await api.get(f"/jobs/id/{id}")).json()
    async with platform.database.connection() as tx:
        actions = await tx.fetch("SELECT action FROM audit_log WHERE object_id = $1 ORDER BY time", id)
    assert [row["action"] for row in actions] == ["disable", "enable"]


async def test_jobs_are_listed_by_name_bytewise_and_page_by_page(api: httpx.AsyncClient, engine: Engine) -> None:
    names = ["b", "a-1", "a_1", "a1", "a", "ab"]
    ids = [await engine.job(name) for name in names]

    async def walk(query: str) -> list[str]:
        found, after = [], ""
        while True:
            page = (await api.get(f"/jobs?size=1{query}{after}")).json()
            found += [job["spec"]["name"] for job in page["elements"]]
            if "next" not in page:
                return found
            after = "&after=" + base64.b64encode(page["next"]["after"].encode()).decode()

    assert await walk("") == sorted(names)
    assert await walk("&order=desc") == sorted(names, reverse=True)
    assert await walk("&sort=id") == [name for _, name in sorted(zip(ids, names, strict=True))]
    assert (await api.get("/jobs?size=0")).json() == {"elements": []}


async def test_favourites_belong_to_an_account(
    api: httpx.AsyncClient, engine: Engine, client_of: object, admin: Someone
) -> None:
    one, two = await engine.job("one"), await engine.job("two")

    async def names(query: str) -> list[str]:
        return [job["spec"]["name"] for job in (await api.get(f"/jobs{query}")).json()["elements"]]

    statuses = [(await api.put(f"/jobs/id/{two}/favourite")).status_code for _ in range(2)]
    assert statuses == [204, 204]
    assert (await names("?favourite=true"), await names("?favourite=false")) == (["two"], ["one"])
    api.headers["authorization"] = f"Bearer {admin.key}"
    assert (await names("?favourite=true"), await names("?favourite=false")) == ([], ["one", "two"])
    await api.put(f"/jobs/id/{one}/favourite")
    await api.delete(f"/jobs/id/{one}/favourite")
    assert await names("?favourite=true") == []


async def test_renaming_changes_the_specification_and_nothing_else(
    api: httpx.AsyncClient, engine: Engine, clock: SettableClock
) -> None:
    id = await engine.job(spec={"description": "old"})
    execution_id = await engine.execution(id)
    clock.advance(5)

    answer = await api.post(f"/jobs/id/{id}/rename", json={"name": "bye", "description": "new"})

    found = (await api.get("/jobs/name/bye")).json()
    assert (answer.status_code, answer.content) == (204, b"")
    assert (found["id"], found["spec"]["name"], found["spec"]["description"]) == (id, "bye", "new")
    assert found["update_time"] == "2026-01-01T00:00:05Z"
    assert (await api.get("/jobs/name/hello")).status_code == 404
    assert (await api.get(f"/job_executions/id/{execution_id}")).json()["job_spec"]["name"] == "hello"
    await api.post(f"/jobs/id/{id}/rename", json={"name": "bye"})
    assert (await api.get(f"/jobs/id/{id}")).json()["spec"]["description"] == ""
    numbers = [r["number"] for r in (await api.get(f"/jobs/id/{id}/revisions")).json()["elements"]]
    assert numbers == [3, 2, 1]


async def test_two_jobs_cannot_have_one_name(api: httpx.AsyncClient, engine: Engine) -> None:
    one = await engine.job("one")
    await engine.job("two")

    taken = await api.post(f"/jobs/id/{one}/rename", json={"name": "two"})
    kept = await api.post(f"/jobs/id/{one}/rename", json={"name": "one"})

    assert (taken.status_code, taken.json()["code"], kept.status_code) == (400, "duplicate_job_name", 204)


async def test_names_and_descriptions_of_renames_are_validated(api: httpx.AsyncClient, engine: Engine) -> None:
    id = await engine.job()

    answer = await api.post(f"/jobs/id/{id}/rename", json={"name": "Bad Name", "description": "x" * 501})

    errors = answer.json()["data"]["validation_errors"]
    assert [(e["pointer"], e["code"]) for e in errors] == [
        ("/name", "invalid_format"),
        ("/description", "string_too_long"),
    ]


async def test_deleting_a_job_takes_everything_along_and_stops_its_programs(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    id = await engine.job()
    running, waiting = await engine.execution(id), await engine.execution(id)
    await engine.start(running)
    async with platform.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO subscriptions (id, project_id, job_id, connector, event, parameters, creation_time, status)"
            " SELECT $1, project_id, id, 'time', 'tick', '{}', now(), 'active' FROM jobs",
            new_id(),
        )
    aborts = await heard(platform.bus, "execution.abort.*")
    subscriptions = await heard(platform.bus, "subscription")

    answer = await api.delete(f"/jobs/id/{id}")

    assert answer.status_code == 204
    assert (await api.get(f"/jobs/id/{id}")).status_code == 404
    assert [(await api.get(f"/job_executions/id/{each}")).status_code for each in (running, waiting)] == [404, 404]
    assert await said(platform.bus, aborts, 1) == [(f"execution.abort.{running}", b"")]
    assert len(await said(platform.bus, subscriptions, 1)) == 1
    async with platform.database.connection() as tx:
        row = await tx.fetchrow("SELECT job_id, status FROM subscriptions")
    assert row is not None
    assert tuple(row) == (None, "terminating")


async def test_executing_a_job_takes_defaults_and_hints_the_executor(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    id = await engine.job(spec={"parameters": PARAMETERS})
    hints = await heard(platform.bus, "execution.>")

    answer = await api.post(f"/jobs/id/{id}/execute", json={"parameters": {"ratio": 1, "count": 9007199254740993}})

    found = answer.json()
    assert answer.status_code == 200
    assert found["parameters"] == {"count": 9007199254740993, "ratio": 1, "colour": "red", "verbose": False}
    assert (found["status"], found["job_id"], found["scheduled_time"]) == ("created", id, "2026-01-01T00:00:00Z")
    assert (await api.get(f"/job_executions/id/{found['id']}")).json() == found
    assert len((await api.get(f"/job_executions/id/{found['id']}/steps")).json()["elements"]) == 2
    assert await said(platform.bus, hints, 2) == [
        ("execution.run.local", found["id"].encode()),
        (f"execution.status.{engine.project_id}.created", found["id"].encode()),
    ]


async def test_a_disabled_job_can_be_executed_by_hand(api: httpx.AsyncClient, engine: Engine) -> None:
    id = await engine.job()
    await api.post(f"/jobs/id/{id}/disable")

    answer = await api.post(f"/jobs/id/{id}/execute", json={"parameters": {}, "unknown": 1})

    assert answer.status_code == 200
    assert "parameters" not in answer.json()


BAD_PARAMETERS = [
    ({"ratio": 1, "size": 1}, "/parameters/size", "unknown_parameter"),
    ({}, "/parameters", "missing_parameter"),
    ({"ratio": "1"}, "/parameters/ratio", "invalid_number"),
    ({"ratio": True}, "/parameters/ratio", "invalid_number"),
    ({"ratio": 1, "count": 1.0}, "/parameters/count", "invalid_integer"),
    ({"ratio": 1, "count": "1"}, "/parameters/count", "invalid_integer"),
    ({"ratio": 1, "count": 2**63}, "/parameters/count", "invalid_integer"),
    ({"ratio": 1, "colour": 1}, "/parameters/colour", "invalid_string"),
    ({"ratio": 1, "colour": "green"}, "/parameters/colour", "invalid_value"),
    ({"ratio": 1, "verbose": 0}, "/parameters/verbose", "invalid_boolean"),
]


async def test_wrong_parameters_have_their_codes_and_pointers(api: httpx.AsyncClient, engine: Engine) -> None:
    id = await engine.job(spec={"parameters": PARAMETERS})

    found = []
    for given, _, _ in BAD_PARAMETERS:
        answer = await api.post(f"/jobs/id/{id}/execute", json={"parameters": given})
        [error] = answer.json()["data"]["validation_errors"]
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request_body")
        found.append((given, error["pointer"], error["code"]))

    assert found == BAD_PARAMETERS
    assert (await api.get("/job_executions")).json() == {"elements": []}


async def test_executions_that_are_asked_for_together_each_get_their_own_answer(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    good = await engine.job("good")
    strict = await engine.job("strict", spec={"parameters": PARAMETERS})
    async with platform.database.transaction() as tx:
        foreign = await create_job(tx, await create_project(tx, "other"))
    jobs = [good, strict, UNKNOWN, foreign] * 10

    answers = await asyncio.gather(*(api.post(f"/jobs/id/{job}/execute", json={"parameters": {}}) for job in jobs))

    codes = [answer.json().get("code", "created") for answer in answers]
    assert codes == ["created", "invalid_request_body", "unknown_job", "unknown_job"] * 10
    made = {answer.json()["id"] for answer in answers if answer.status_code == 200}
    assert len(made) == 10
    stored = {e["id"] for e in (await api.get("/job_executions?size=100")).json()["elements"]}
    assert stored == made
    async with platform.database.connection() as tx:
        audited = await tx.fetchval("SELECT count(*) FROM audit_log WHERE action = 'execute' AND object_id = $1", good)
    assert audited == 10


async def test_executing_deploying_renaming_and_deleting_at_once_answers_each_sensibly(
    api: httpx.AsyncClient, engine: Engine
) -> None:
    ids = [await engine.job(f"job-{number}") for number in range(4)]

    def specification(number: int) -> dict[str, object]:
        return {"name": f"job-{number % 4}", "steps": [{"code": "true"}], "retention": number + 1}

    requests = []
    for number in range(40):
        id = ids[number % 4]
        requests.append(api.post(f"/jobs/id/{id}/execute", json={"parameters": {}}))
        requests.append(api.put(f"/jobs/name/job-{number % 4}", json=specification(number)))
        requests.append(api.post(f"/jobs/id/{id}/disable"))
        if number in (20, 30):
            requests.append(api.delete(f"/jobs/id/{id}"))
    answers = await asyncio.gather(*requests)

    assert {answer.status_code for answer in answers} <= {200, 204, 404}
    assert all(answer.status_code == 200 for answer in answers if answer.request.method == "PUT")
    assert {answer.json()["code"] for answer in answers if answer.status_code == 404} <= {"unknown_job"}


async def test_jobs_of_another_project_are_unknown(api: httpx.AsyncClient, platform: ApiPlatform) -> None:
    async with platform.database.transaction() as tx:
        id = await create_job(tx, await create_project(tx, "other"))
    requests = [
        ("GET", f"/jobs/id/{id}"),
        ("GET", "/jobs/name/hello"),
        ("DELETE", f"/jobs/id/{id}"),
        ("POST", f"/jobs/id/{id}/enable"),
        ("PUT", f"/jobs/id/{id}/favourite"),
        ("GET", f"/jobs/id/{id}/revisions"),
        ("GET", f"/jobs/id/{id}/statistics"),
        ("GET", f"/jobs/id/{id}/forecast"),
    ]

    codes = [(await api.request(method, path)).json()["code"] for method, path in requests]

    assert codes == ["unknown_job"] * len(requests)

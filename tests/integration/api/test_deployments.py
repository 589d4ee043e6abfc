"""Deploying jobs (contract http-api, section 10.4; job-spec.md, section 12)."""

import asyncio
from collections.abc import Mapping

import httpx

from eventline_api.platform import ApiPlatform
from eventline_common.ids import new_id
from eventline_common.testing.clock import SettableClock

from .conftest import Someone
from .executions import Engine, api, engine, heard, said

__all__ = ["api", "engine"]


def specification(name: str = "hello", **members: object) -> dict[str, object]:
    return {"name": name, "steps": [{"code": "echo hello"}], **members}


def every(seconds: int, **members: object) -> dict[str, object]:
    return {"event": "time/tick", "parameters": {"periodic": seconds}, **members}


async def deploy(api: httpx.AsyncClient, spec: Mapping[str, object]) -> dict[str, object]:
    answer = await api.put(f"/jobs/name/{spec['name']}", json=spec)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


async def subscriptions(platform: ApiPlatform) -> list[tuple[str, str, object, str | None]]:
    async with platform.database.connection() as tx:
        rows = await tx.fetch(
            "SELECT status, event, parameters, identity_name FROM subscriptions ORDER BY creation_time, id"
        )
    return [(row["status"], row["event"], row["parameters"], row["identity_name"]) for row in rows]


async def create_identity(platform: ApiPlatform, project_id: str, name: str, status: str = "ready") -> None:
    async with platform.database.connection() as tx:
        await tx.execute(
            "INSERT INTO identities"
            " (id, project_id, name, status, error_message, creation_time, update_time, connector, type, data)"
            " VALUES ($1, $2, $3, $4, $5, now(), now(), 'generic', 'password', '')",
            new_id(),
            project_id,
            name,
            status,
            "no" if status == "error" else None,
        )


async def test_a_deployed_job_is_represented_as_the_contract_says(api: httpx.AsyncClient, engine: Engine) -> None:
    job = await deploy(api, specification(unknown=1))

    assert job == {
        "id": job["id"],
        "project_id": engine.project_id,
        "creation_time": "2026-01-01T00:00:00Z",
        "update_time": "2026-01-01T00:00:00Z",
        "spec": {
            "name": "hello",
            "description": "",
            "runner": {"name": "local", "parameters": {}},
            "steps": [{"label": "Step 1", "code": "echo hello"}],
        },
    }
    assert (await api.get("/jobs/name/hello")).json() == job


async def test_what_evcli_sends_and_gets_back_can_be_deployed_again_without_a_new_revision(
    api: httpx.AsyncClient,
) -> None:
    sent = specification(
        description="",
        runner=None,
        trigger={
            "event": "time/tick",
            "parameters": {"hourly": {"minute": 5}},
            "filters": [{"path": "/a", "matches": "x"}],
        },
        parameters=[{"name": "a", "type": "integer", "default": 1, "environment": "A"}],
        environment={"B": "c"},
        concurrent=True,
        retention=3,
        steps=[
            {"command": {"name": "ls", "arguments": ["-l"]}},
            {"label": "Run", "script": {"path": "./a.sh", "content": "true\n"}, "on_failure": "continue"},
        ],
    )

    first = await deploy(api, sent)
    second = await deploy(api, first["spec"])  # type: ignore[arg-type]

    assert second["spec"] == first["spec"]
    revisions = (await api.get(f"/jobs/id/{first['id']}/revisions")).json()["elements"]
    assert [revision["number"] for revision in revisions] == [1]


async def test_deploying_again_keeps_the_job_and_adds_a_revision(
    api: httpx.AsyncClient, engine: Engine, clock: SettableClock, platform: ApiPlatform
) -> None:
    first = await deploy(api, specification())
    await api.post(f"/jobs/id/{first['id']}/disable")
    old = await engine.execution(first["id"])  # type: ignore[arg-type]
    clock.advance(10)

    second = await deploy(api, specification(steps=[{"code": "one"}, {"code": "two"}], concurrent=True, retention=2))

    assert (second["id"], second["creation_time"]) == (first["id"], first["creation_time"])
    assert (second["update_time"], second["disabled"]) == ("2026-01-01T00:00:10Z", True)
    assert (await api.get(f"/jobs/id/{first['id']}")).json() == second
    assert (await api.get(f"/job_executions/id/{old}")).json()["job_spec"] == first["spec"]
    async with platform.database.connection() as tx:
        row = await tx.fetchrow(
            "SELECT r.number, r.concurrent, r.runner, r.step_count, r.retention FROM jobs j"
            " JOIN job_revisions r ON r.id = j.current_revision_id"
        )
    assert row is not None
    assert tuple(row) == (2, True, "local", 2, 2)


async def test_a_dry_run_checks_and_changes_nothing(api: httpx.AsyncClient) -> None:
    answers = [
        await api.put(f"/jobs/name/hello?{query}", json=specification())
        for query in ("dry-run", "dry-run=", "dry-run=false")
    ]
    answers.append(await api.put("/jobs?dry-run", json=[specification()]))
    wrong = await api.put("/jobs?dry-run", json=[specification(), specification("other", steps=[{}])])

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 4
    assert wrong.json()["data"]["validation_errors"][0]["pointer"] == "/1/steps/0"
    assert (await api.get("/jobs")).json() == {"elements": []}


async def test_several_jobs_are_deployed_together_or_not_at_all(api: httpx.AsyncClient) -> None:
    wrong = await api.put("/jobs", json=[specification("a"), {"name": "Bad"}, specification("c", retention=-1)])
    nothing = (await api.get("/jobs")).json()
    good = await api.put("/jobs", json=[specification("b"), specification("a")])

    errors = [(e["pointer"], e["code"]) for e in wrong.json()["data"]["validation_errors"]]
    assert wrong.status_code == 400
    assert errors == [
        ("/1/name", "invalid_format"),
        ("/1/steps", "missing_or_null_value"),
        ("/2/retention", "integer_too_small"),
    ]
    assert nothing == {"elements": []}
    assert [job["spec"]["name"] for job in good.json()] == ["b", "a"]
    assert (await api.put("/jobs", json=[])).json() == []


async def test_structure_and_references_are_reported_together_for_several_jobs_only(api: httpx.AsyncClient) -> None:
    spec = specification(identities=["nobody"], retention=-1)

    one = await api.put("/jobs/name/hello", json=spec)
    many = await api.put("/jobs", json=[spec])

    assert [e["code"] for e in one.json()["data"]["validation_errors"]] == ["integer_too_small"]
    assert sorted(e["code"] for e in many.json()["data"]["validation_errors"]) == [
        "integer_too_small",
        "unknown_identity",
    ]


async def test_the_name_in_the_path_is_the_name_of_the_job(api: httpx.AsyncClient) -> None:
    answer = await api.put("/jobs/name/other", json=specification())

    [error] = answer.json()["data"]["validation_errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (400, "/name", "invalid_value")


async def test_a_name_appears_once_in_a_deployment(api: httpx.AsyncClient) -> None:
    answer = await api.put("/jobs", json=[specification("a"), specification("b"), specification("a", retention=1)])

    [error] = answer.json()["data"]["validation_errors"]
    assert (error["pointer"], error["code"]) == ("/2/name", "duplicate_job_name")


async def test_a_deployment_has_a_largest_number_of_jobs(api: httpx.AsyncClient) -> None:
    answer = await api.put("/jobs", json=[specification(f"job-{number}") for number in range(1001)])

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request_body")
    assert "1000" in answer.json()["error"]


async def test_bodies_that_are_no_specification_are_refused_without_data(api: httpx.AsyncClient) -> None:
    cases: list[tuple[str, bytes]] = [
        ("/jobs/name/hello", b"{"),
        ("/jobs/name/hello", b"[]"),
        ("/jobs/name/hello", b'{"name": 1}'),
        ("/jobs/name/hello", b'{"name": "hello", "trigger": {"event": "tick"}, "steps": [{"code": "x"}]}'),
        ("/jobs/name/hello", b'{"name": "hello", "runner": {"name": "local", "parameters": {"a": 1}}}'),
        ("/jobs", b"{}"),
        ("/jobs", b"[1]"),
        ("/jobs", b""),
    ]

    answers = [(await api.put(path, content=content)) for path, content in cases]

    assert {(a.status_code, a.json()["code"], "data" in a.json()) for a in answers} == {
        (400, "invalid_request_body", False)
    }


async def test_references_are_checked(api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform) -> None:
    for name, status in (("good", "ready"), ("waiting", "pending"), ("broken", "error")):
        await create_identity(platform, engine.project_id, name, status)
    cases = [
        (specification(identities=["good", "nobody"]), "/identities/1", "unknown_identity"),
        (specification(identities=["waiting"]), "/identities/0", "pending_identity"),
        (specification(identities=["broken"]), "/identities/0", "malfunctioning_identity"),
        (specification(trigger=every(60, identity="nobody")), "/trigger/identity", "unknown_identity"),
        (specification(runner={"name": "local", "identity": "nobody"}), "/runner/identity", "unknown_identity"),
        (
            specification(trigger=every(60), parameters=[{"name": "a", "type": "string"}]),
            "/trigger",
            "invalid_trigger_with_mandatory_parameters",
        ),
        (
            specification(trigger={"event": "github/push", "parameters": {"organization": "acme"}}),
            "/trigger/event",
            "disabled_connector",
        ),
        (specification(runner={"name": "moon"}), "/runner/name", "invalid_value"),
    ]

    found = []
    for spec, _, _ in cases:
        for query in ("", "?dry-run"):
            answer = await api.put(f"/jobs/name/hello{query}", json=spec)
            [error] = answer.json()["data"]["validation_errors"]
        found.append((spec, error["pointer"], error["code"]))

    assert found == cases
    assert await deploy(api, specification(identities=["good"]))


async def test_a_trigger_begins_a_subscription_and_losing_it_ends_it(
    api: httpx.AsyncClient, platform: ApiPlatform, clock: SettableClock
) -> None:
    hints = await heard(platform.bus, "subscription")

    await deploy(api, specification(trigger=every(60)))
    begun = await subscriptions(platform)
    clock.advance(1)
    await deploy(api, specification(trigger=every(60, filters=[{"path": "/a"}]), retention=1))
    kept = await subscriptions(platform)
    clock.advance(1)
    await deploy(api, specification(trigger=every(61)))
    changed = await subscriptions(platform)
    clock.advance(1)
    await deploy(api, specification())
    ended = await subscriptions(platform)

    first, second = ("tick", {"periodic": 60}, None), ("tick", {"periodic": 61}, None)
    assert begun == kept == [("inactive", *first)]
    assert changed == [("terminating", *first), ("inactive", *second)]
    assert ended == [("terminating", *first), ("terminating", *second)]
    assert len(await said(platform.bus, hints, 3)) == 3


async def test_another_event_or_identity_of_a_trigger_is_another_subscription(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform, clock: SettableClock
) -> None:
    await create_identity(platform, engine.project_id, "token")
    await deploy(api, specification(trigger=every(60)))
    async with platform.database.connection() as tx:
        await tx.execute("UPDATE subscriptions SET event = 'tock', status = 'active'")
    clock.advance(1)

    await deploy(api, specification(trigger=every(60)))
    clock.advance(1)
    await deploy(api, specification(trigger=every(60, identity="token")))

    parameters = {"periodic": 60}
    assert await subscriptions(platform) == [
        ("terminating", "tock", parameters, None),
        ("terminating", "tick", parameters, None),
        ("inactive", "tick", parameters, "token"),
    ]


async def test_deployments_of_one_project_at_once_come_one_after_the_other(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(
            api.put("/jobs", json=[specification(name, retention=number + 1) for name in ("a", "b")])
            for number in range(8)
        )
    )

    assert {answer.status_code for answer in answers} == {200}
    ids = {tuple(job["id"] for job in answer.json()) for answer in answers}
    assert len(ids) == 1
    [(first, _)] = ids
    revisions = (await api.get(f"/jobs/id/{first}/revisions")).json()["elements"]
    assert [revision["number"] for revision in revisions] == list(range(8, 0, -1))


async def test_deployments_are_in_the_audit_log(api: httpx.AsyncClient, platform: ApiPlatform, bob: Someone) -> None:
    await api.put("/jobs", json=[specification("a"), specification("b")])

    async with platform.database.connection() as tx:
        rows = await tx.fetch("SELECT * FROM audit_log WHERE action = 'deploy' ORDER BY object_name")
    assert [(row["username"], row["object_type"], row["object_name"]) for row in rows] == [
        (bob.username, "job", "a"),
        (bob.username, "job", "b"),
    ]


async def test_revisions_are_listed_fetched_compared_and_rolled_back_to(
    api: httpx.AsyncClient, bob: Someone, platform: ApiPlatform
) -> None:
    first = await deploy(api, specification(trigger=every(60)))
    await deploy(api, specification(steps=[{"code": "echo bye"}, {"code": "true"}]))
    path = f"/jobs/id/{first['id']}/revisions"

    listed = (await api.get(path)).json()["elements"]
    one = (await api.get(f"{path}/1")).json()
    compared = (await api.get(f"{path}/2/diff")).json()
    from_nothing = (await api.get(f"{path}/1/diff")).json()
    rolled_back = await api.post(f"{path}/1/roll_back")

    assert [(r["number"], r.get("current"), r["username"]) for r in listed] == [(2, True, "bob"), (1, None, "bob")]
    assert (one["spec"], one["account_id"], one["job_id"]) == (first["spec"], bob.id, first["id"])
    assert [(d["pointer"], d["kind"], d.get("before"), d.get("after")) for d in compared["differences"]] == [
        ("/steps/0/code", "changed", "echo hello", "echo bye"),
        ("/steps/1", "added", None, {"label": "Step 2", "code": "true"}),
        ("/trigger", "removed", {"event": "time/tick", "parameters": {"periodic": 60}}, None),
    ]
    assert '-      "code": "echo hello",' in compared["text"]
    assert (from_nothing["from_number"], {d["kind"] for d in from_nothing["differences"]}) == (0, {"added"})
    assert (await api.get(f"{path}/1/diff?from=2")).json()["differences"][0]["after"] == "echo hello"
    assert rolled_back.json()["spec"] == first["spec"]
    assert [r["number"] for r in (await api.get(path)).json()["elements"]] == [3, 2, 1]
    assert [row[0] for row in await subscriptions(platform)].count("inactive") == 1


async def test_rolling_back_checks_references_again_and_keeps_the_name(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    await create_identity(platform, engine.project_id, "token")
    job = await deploy(api, specification(identities=["token"]))
    path = f"/jobs/id/{job['id']}"
    await deploy(api, specification())
    await api.post(f"{path}/rename", json={"name": "renamed"})

    good = await api.post(f"{path}/revisions/2/roll_back")
    async with platform.database.connection() as tx:
        await tx.execute("DELETE FROM identities")
    bad = await api.post(f"{path}/revisions/1/roll_back")

    assert good.json()["spec"]["name"] == "renamed"
    [error] = bad.json()["data"]["validation_errors"]
    assert (bad.status_code, error["pointer"], error["code"]) == (400, "/identities/0", "unknown_identity")


async def test_errors_of_revisions_have_their_codes(api: httpx.AsyncClient) -> None:
    job = await deploy(api, specification())
    known, unknown = f"/jobs/id/{job['id']}/revisions", f"/jobs/id/{new_id()}/revisions"
    errors = [
        ("GET", unknown, 404, "unknown_job"),
        ("GET", f"{unknown}/1", 404, "unknown_job"),
        ("GET", f"{unknown}/1/diff", 404, "unknown_job"),
        ("POST", f"{unknown}/1/roll_back", 404, "unknown_job"),
        ("GET", f"{known}/2", 404, "unknown_job_revision"),
        ("GET", f"{known}/2/diff", 404, "unknown_job_revision"),
        ("GET", f"{known}/1/diff?from=7", 404, "unknown_job_revision"),
        ("POST", f"{known}/2/roll_back", 404, "unknown_job_revision"),
        ("GET", f"{known}/0", 400, "invalid_route_variable"),
        ("GET", f"{known}/first", 400, "invalid_route_variable"),
        ("GET", "/jobs/id/x/revisions", 400, "invalid_route_variable"),
        ("GET", f"{known}/1/diff?from=x", 400, "invalid_query_parameter"),
        ("GET", f"{known}?sort=id", 400, "invalid_query_parameter"),
    ]

    answers = [(method, path, await api.request(method, path)) for method, path, _, _ in errors]

    assert [(method, path, a.status_code, a.json()["code"]) for method, path, a in answers] == errors

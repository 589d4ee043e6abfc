"""Jobs that would start each other for ever are refused, in dry runs too."""

from typing import Any

import httpx
import pytest

from .executions import api, engine

__all__ = ["api", "engine"]

pytestmark = pytest.mark.usefixtures("engine")


def spec(name: str, follows: str | None = None, **parameters: object) -> dict[str, Any]:
    wanted = {**({"job": follows} if follows else {}), **parameters}
    return {
        "name": name,
        "steps": [{"code": "true"}],
        "trigger": {"event": "eventline/job_execution_finished", "parameters": wanted},
    }


def plain(name: str) -> dict[str, Any]:
    return {"name": name, "steps": [{"code": "true"}]}


async def deploy(api: httpx.AsyncClient, *specs: dict[str, Any], query: str = "") -> httpx.Response:
    return await api.put(f"/jobs{query}", json=list(specs))


def errors(answer: httpx.Response) -> list[tuple[str, str]]:
    found = answer.json()["data"]["validation_errors"]
    return [(error["pointer"], error["code"]) for error in found]


@pytest.mark.parametrize("query", ["", "?dry-run"])
async def test_a_loop_within_one_deployment_is_refused(api: httpx.AsyncClient, query: str) -> None:
    answer = await deploy(api, plain("start"), spec("a", "c"), spec("b", "a"), spec("c", "b"), query=query)

    assert answer.status_code == 400
    assert errors(answer) == [("/1/trigger", "job_loop"), ("/2/trigger", "job_loop"), ("/3/trigger", "job_loop")]
    assert "a → b → c → a" in answer.json()["error"]
    assert (await api.get("/jobs")).json()["elements"] == []


async def test_a_job_that_closes_a_loop_with_what_is_there_is_refused(api: httpx.AsyncClient) -> None:
    assert (await deploy(api, plain("a"), spec("b", "a"), spec("c", "b"))).status_code == 200

    answer = await api.put("/jobs/name/a", json=spec("a", "c"))

    assert answer.status_code == 400
    assert errors(answer) == [("/trigger", "job_loop")]


async def test_a_job_cannot_follow_itself(api: httpx.AsyncClient) -> None:
    answer = await api.put("/jobs/name/a", json=spec("a", "a"))

    assert errors(answer) == [("/trigger", "job_loop")]


async def test_chains_and_a_follower_of_all_jobs_are_fine(api: httpx.AsyncClient) -> None:
    answer = await deploy(api, plain("a"), spec("b", "a"), spec("c", "b"), spec("mailer", statuses=["failed"]))

    assert answer.status_code == 200


async def test_a_loop_that_this_deployment_breaks_is_no_loop(api: httpx.AsyncClient) -> None:
    await deploy(api, plain("a"), spec("b", "a"))

    answer = await deploy(api, spec("a", "b"), plain("b"))

    assert answer.status_code == 200


async def test_a_rename_that_closes_a_loop_is_refused(api: httpx.AsyncClient) -> None:
    deployed = (await deploy(api, spec("a", "z"), spec("b", "a"))).json()

    answer = await api.post(f"/jobs/id/{deployed[1]['id']}/rename", json={"name": "z"})

    assert (answer.status_code, answer.json()["code"]) == (400, "job_loop")
    assert "z → a → z" in answer.json()["error"]

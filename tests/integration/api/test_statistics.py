"""Statistics and forecasts of jobs (contract service-config, section 15)."""

from datetime import datetime, timedelta

import httpx

from eventline_api.platform import ApiPlatform
from eventline_common.ids import JobId, SubscriptionId, new_id
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import EPOCH

from .executions import Engine, api, engine

__all__ = ["api", "engine"]

UNKNOWN = new_id()
ERRORS = [
    ("GET", f"/jobs/id/{UNKNOWN}/statistics", 404, "unknown_job"),
    ("GET", f"/jobs/id/{UNKNOWN}/statistics/status_counts", 404, "unknown_job"),
    ("GET", f"/jobs/id/{UNKNOWN}/statistics/running_times", 404, "unknown_job"),
    ("GET", f"/jobs/id/{UNKNOWN}/forecast", 404, "unknown_job"),
    ("GET", "/jobs/id/1/statistics", 400, "invalid_route_variable"),
    ("GET", "/jobs/id/1/forecast", 400, "invalid_route_variable"),
    ("GET", f"/jobs/id/{UNKNOWN}/statistics/status_counts?granularity=week", 400, "invalid_query_parameter"),
    ("GET", f"/jobs/id/{UNKNOWN}/statistics/running_times?start=x", 400, "invalid_query_parameter"),
    ("GET", f"/jobs/id/{UNKNOWN}/statistics/running_times?start=2&end=1", 400, "invalid_query_parameter"),
    ("GET", "/job_statistics?job=1", 400, "invalid_query_parameter"),
    ("GET", "/forecast?count=0", 400, "invalid_query_parameter"),
    ("GET", "/forecast?count=ten", 400, "invalid_query_parameter"),
]


async def test_errors_have_their_codes(api: httpx.AsyncClient) -> None:
    answers = [(method, path, await api.request(method, path)) for method, path, _, _ in ERRORS]

    assert [(method, path, a.status_code, a.json()["code"]) for method, path, a in answers] == ERRORS


async def test_a_job_that_never_ran_has_empty_statistics(api: httpx.AsyncClient, engine: Engine) -> None:
    job_id = await engine.job()

    found = (await api.get(f"/jobs/id/{job_id}/statistics")).json()

    assert found == {"job_id": job_id, "last_7_days": {"count": 0, "successful": 0, "failed": 0, "aborted": 0}}
    for name in ("status_counts", "running_times"):
        assert (await api.get(f"/jobs/id/{job_id}/statistics/{name}")).json() is None


async def test_statistics_are_about_what_ended_in_the_last_seven_days(
    api: httpx.AsyncClient, engine: Engine, clock: SettableClock
) -> None:
    job_id, other = await engine.job("one"), await engine.job("two")
    await engine.run(job_id, "failed", "old", seconds=1)
    clock.advance(7 * 86400 + 1)
    for seconds in (1, 2, 9):
        await engine.run(job_id, seconds=seconds)
    await engine.run(job_id, "failed", "no", seconds=100)
    clock.advance(1)
    last = await engine.execution(job_id)
    await engine.start(last)

    found = (await api.get(f"/jobs/id/{job_id}/statistics")).json()

    assert found["last_7_days"] == {
        "count": 4,
        "successful": 3,
        "failed": 1,
        "aborted": 0,
        "success_ratio": 0.75,
        "median_duration": 2.0,
    }
    assert (found["last_execution"]["id"], found["last_execution"]["status"]) == (last, "started")
    assert "end_time" not in found["last_execution"]
    both = (await api.get(f"/job_statistics?job={other},{job_id},{UNKNOWN}")).json()["elements"]
    assert [each["job_id"] for each in both] == [other, job_id]
    assert both[1] == found


async def test_status_counts_and_running_times_are_by_start_in_buckets_of_utc(
    api: httpx.AsyncClient, engine: Engine, clock: SettableClock
) -> None:
    job_id = await engine.job()
    for seconds in (1, 2, 3):
        await engine.run(job_id, seconds=seconds)
    await engine.run(job_id, "failed", "no", seconds=3600)
    clock.set(EPOCH + timedelta(days=1, hours=5))
    await engine.run(job_id, seconds=10)
    await engine.start(await engine.execution(job_id))
    day, second_day = int(EPOCH.timestamp()), int((EPOCH + timedelta(days=1)).timestamp())
    path = f"/jobs/id/{job_id}/statistics"
    clock.advance(60)

    async def fetch(name: str, query: str = "") -> list[list[float]]:
        found: list[list[float]] = (await api.get(f"{path}/{name}{query}")).json()
        return sorted(found)

    assert await fetch("status_counts") == [[day, 4, 3, 0, 1], [second_day, 2, 1, 0, 0]]
    assert await fetch("status_counts", "?granularity=hour") == [
        [day, 4, 3, 0, 1],
        [second_day + 5 * 3600, 2, 1, 0, 0],
    ]
    assert await fetch("status_counts", f"?start={second_day}") == [[second_day, 2, 1, 0, 0]]
    assert await fetch("status_counts", f"?start={day}&end={second_day}") == [[day, 4, 3, 0, 1]]
    assert await fetch("running_times") == [[day, 2.98, 2.6, 2.0], [second_day, 10.0, 10.0, 10.0]]


async def subscribe(
    platform: ApiPlatform,
    job_id: JobId,
    parameters: dict[str, object],
    next_tick: datetime | None,
    *,
    active: bool = True,
) -> None:
    """Store a subscription with its timer, as connectors do."""
    async with platform.database.transaction() as tx:
        id = SubscriptionId(new_id())
        await tx.execute(
            "INSERT INTO subscriptions (id, project_id, job_id, connector, event, parameters, creation_time, status)"
            " SELECT $1, project_id, id, 'time', 'tick', $3, now(), $4 FROM jobs WHERE id = $2",
            id,
            job_id,
            parameters,
            "active" if active else "inactive",
        )
        if active:
            await tx.execute("INSERT INTO timers (subscription_id, next_tick) VALUES ($1, $2)", id, next_tick)


async def test_a_forecast_goes_on_from_the_stored_next_tick(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    job_id = await engine.job()
    await subscribe(platform, job_id, {"periodic": 30}, EPOCH + timedelta(seconds=7))

    found = (await api.get(f"/jobs/id/{job_id}/forecast?count=3")).json()

    assert found == {
        "elements": [
            {"job_id": job_id, "job_name": "hello", "time": f"2026-01-01T00:{time}Z"}
            for time in ("00:07", "00:37", "01:07")
        ]
    }


async def test_the_forecast_of_a_project_merges_its_timers(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform
) -> None:
    hourly, weekly, once, new, done, off = [
        await engine.job(name) for name in ("hourly", "weekly", "once", "new", "done", "off")
    ]
    await engine.job("manual")
    await subscribe(platform, hourly, {"hourly": {"minute": 30}}, EPOCH + timedelta(minutes=30))
    await subscribe(platform, weekly, {"weekly": {"day": "friday"}}, EPOCH + timedelta(days=1))
    await subscribe(platform, once, {"oneshot": "2026-01-01T01:00:00Z"}, EPOCH + timedelta(hours=1))
    await subscribe(platform, new, {"daily": {"hour": 2}}, None, active=False)
    await subscribe(platform, done, {"oneshot": "2025-01-01T01:00:00Z"}, None)
    await subscribe(platform, off, {"periodic": 60}, EPOCH)
    async with platform.database.connection() as tx:
        await tx.execute("UPDATE jobs SET disabled = true WHERE id = $1", off)

    found = (await api.get("/forecast?count=5")).json()["elements"]

    assert [(each["job_name"], each["time"][11:16]) for each in found] == [
        ("hourly", "00:30"),
        ("once", "01:00"),
        ("hourly", "01:30"),
        ("new", "02:00"),
        ("hourly", "02:30"),
    ]
    assert (await api.get(f"/jobs/id/{done}/forecast")).json() == {"elements": []}
    assert (await api.get(f"/jobs/id/{off}/forecast")).json() == {"elements": []}
    assert len((await api.get("/forecast")).json()["elements"]) == 10


async def test_overdue_ticks_are_made_up_for_except_periodic_ones(
    api: httpx.AsyncClient, engine: Engine, platform: ApiPlatform, clock: SettableClock
) -> None:
    hourly, periodic = await engine.job("hourly"), await engine.job("periodic")
    await subscribe(platform, hourly, {"hourly": {}}, EPOCH - timedelta(hours=2))
    await subscribe(platform, periodic, {"periodic": 60}, EPOCH - timedelta(hours=2))
    clock.advance(10)

    late = (await api.get(f"/jobs/id/{hourly}/forecast?count=4")).json()["elements"]
    restarted = (await api.get(f"/jobs/id/{periodic}/forecast?count=2")).json()["elements"]

    assert [each["time"] for each in late] == [
        "2025-12-31T22:00:00Z",
        "2025-12-31T23:00:00Z",
        "2026-01-01T00:00:00Z",
        "2026-01-01T01:00:00Z",
    ]
    assert [each["time"] for each in restarted] == ["2026-01-01T00:00:10Z", "2026-01-01T00:01:10Z"]

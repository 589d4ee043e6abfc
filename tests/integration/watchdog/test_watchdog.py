"""What the watchdog finds, what it says about it, and whom it leaves in peace."""

from datetime import datetime, timedelta

import pytest

from eventline_common.db.session import Database
from eventline_common.executions import abort, claim, restart
from eventline_common.ids import ExecutionId, ProjectId
from eventline_common.testing.clock import SettableClock
from eventline_common.testing.factories import EPOCH, create_event
from eventline_common.times import format_time

from .world import SERVICES, World

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
HOURLY: dict[str, object] = {"hourly": {}}


async def run(world: World, duration: timedelta, *, step: timedelta = 5 * SECOND) -> None:
    """Let the platform work and watch for a while."""
    end = world.clock.now() + duration
    while world.clock.now() < end:
        await world.until(world.clock.now() + step)
        await world.work()
        await world.watch()


async def waiting(database: Database) -> list[ExecutionId]:
    async with database.connection() as tx:
        return [row["id"] for row in await tx.fetch("SELECT id FROM job_executions ORDER BY id")]


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        ("connectors", "the connectors did not notice that its time had come; is the connectors service running?"),
        ("scheduler", "nobody has processed its event; is the scheduler running?"),
        ("executor", 'no executor has started it; is one running that serves the runner "local"?'),
    ],
)
async def test_a_run_that_does_not_begin_is_told_once_with_what_is_missing(
    world: World, project_id: ProjectId, service: str, reason: str
) -> None:
    """With either service away, the watchdog of the other one notices."""
    await world.add_job(project_id, "backup", HOURLY)
    await run(world, 59 * MINUTE, step=MINUTE)
    world.stop(service)
    await run(world, 10 * MINUTE, step=MINUTE)
    await run(world, 2 * MINUTE)
    world.start(service)
    await run(world, 2 * MINUTE, step=MINUTE / 2)

    assert await world.told() == [("backup", format_time(EPOCH + HOUR), reason)]
    [(_, tick, discovery, _)] = await world.found()
    assert timedelta(minutes=10) <= discovery - tick <= timedelta(minutes=10, seconds=5)


@pytest.mark.parametrize("period", [1, 5, 20, 60])
async def test_a_fast_timer_that_stands_still_is_told_within_one_period_and_thirty_seconds(
    world: World, project_id: ProjectId, period: int
) -> None:
    await world.add_job(project_id, "beat", {"periodic": period})
    await run(world, MINUTE)
    world.stop("connectors")
    await run(world, 3 * MINUTE)
    world.start("connectors")
    await run(world, 2 * MINUTE)

    [(_, tick, discovery, excused)] = await world.found()
    assert not excused
    assert discovery - tick <= timedelta(seconds=period + 30)


async def test_a_timer_that_was_never_set_up_is_told_too(world: World, project_id: ProjectId) -> None:
    world.stop("connectors")
    await world.add_job(project_id, "backup", HOURLY)

    await run(world, 71 * MINUTE, step=MINUTE)

    [(name, tick, reason)] = await world.told()
    assert (name, tick) == ("backup", format_time(EPOCH + HOUR))
    assert reason.startswith("its timer has not been set up yet")


async def test_a_run_behind_an_earlier_one_that_does_not_end_is_told_with_that_reason(
    world: World, project_id: ProjectId, database: Database, clock: SettableClock
) -> None:
    await world.add_job(project_id, "backup", HOURLY, concurrent=False)
    await world.work()
    await world.until(EPOCH + HOUR)
    world.stop("executor")
    await world.work()
    async with database.transaction() as tx:
        ids = [row["id"] for row in await tx.fetch("SELECT id FROM job_executions")]
        await claim(tx, ids, executor_id="x", runners=["local"], now=clock.now(), platform_limit=None)

    await run(world, 72 * MINUTE, step=MINUTE)

    reason = "an earlier execution of the job has not ended yet"
    assert await world.told() == [("backup", format_time(EPOCH + 2 * HOUR), reason)]


async def test_what_somebody_wanted_is_no_miss(
    world: World, project_id: ProjectId, database: Database, clock: SettableClock
) -> None:
    """A disabled job, a run that was aborted before it started, one that was restarted, and a replay."""
    disabled = await world.add_job(project_id, "disabled", HOURLY)
    aborted = await world.add_job(project_id, "aborted", HOURLY)
    restarted = await world.add_job(project_id, "restarted", HOURLY)
    async with database.transaction() as tx:
        await tx.execute("UPDATE jobs SET disabled = true WHERE id = $1", disabled)
    await world.work()
    await world.until(EPOCH + HOUR)
    world.stop("executor")
    await world.work()
    async with database.transaction() as tx:
        ids = {row["job_id"]: row["id"] for row in await tx.fetch("SELECT id, job_id FROM job_executions")}
        await abort(tx, [ids[aborted], ids[restarted]], now=clock.now(), default_retention=None)
        await restart(tx, [ids[restarted]], now=clock.now())
        original = await create_event(tx, project_id, aborted, event_time=EPOCH)
        await tx.execute("UPDATE events SET original_event_id = id WHERE id = $1", original)

    await run(world, 30 * MINUTE, step=MINUTE)

    assert disabled not in ids
    assert await world.told() == []


async def test_a_miss_of_a_disabled_job_is_not_told_when_the_job_is_enabled_again(
    world: World, project_id: ProjectId, database: Database
) -> None:
    job_id = await world.add_job(project_id, "backup", HOURLY)
    await world.work()
    world.stop("connectors")
    async with database.transaction() as tx:
        await tx.execute("UPDATE jobs SET disabled = true WHERE id = $1", job_id)
    await run(world, 80 * MINUTE, step=MINUTE)
    async with database.transaction() as tx:
        await tx.execute("UPDATE jobs SET disabled = false WHERE id = $1", job_id)
    await run(world, 5 * MINUTE, step=MINUTE)

    assert [(tick, excused) for _, tick, _, excused in await world.found()] == [(EPOCH + HOUR, True)]
    assert await world.told() == []


async def test_a_project_that_does_not_want_to_know_is_not_told(
    world: World, project_id: ProjectId, database: Database
) -> None:
    await world.add_job(project_id, "backup", HOURLY)
    async with database.transaction() as tx:
        await tx.execute("UPDATE project_notification_settings SET on_missed_run = false")
    await world.work()
    world.stop("executor")
    await run(world, 80 * MINUTE, step=MINUTE)

    assert [tick for _, tick, _, _ in await world.found()] == [EPOCH + HOUR]
    assert await world.told() == []


async def test_a_oneshot_timer_for_a_moment_that_is_past_is_not_late(world: World, project_id: ProjectId) -> None:
    await run(world, MINUTE)
    await world.add_job(project_id, "once", {"oneshot": "2020-01-01T00:00:00Z"})
    await world.watch()
    await run(world, MINUTE)

    assert await world.found() == []


@pytest.mark.parametrize("pause", [timedelta(seconds=13), timedelta(minutes=11), timedelta(days=3)])
async def test_a_machine_that_slept_makes_up_for_what_it_missed_without_an_alarm(
    world: World, project_id: ProjectId, pause: timedelta
) -> None:
    """The clock is suddenly later, and the watchdog happens to be the first to do something."""
    await world.add_job(project_id, "backup", HOURLY)
    await world.add_job(project_id, "beat", {"periodic": 5})
    await run(world, MINUTE)

    world.clock.advance(pause.total_seconds())
    await world.watch()
    await run(world, 2 * MINUTE)

    assert await world.found() == []


async def test_more_late_runs_than_fit_on_a_page_are_all_found(world: World, project_id: ProjectId) -> None:
    for watchdog in world.watchdogs.values():
        watchdog._page = 2
    for number in range(5):
        await world.add_job(project_id, f"job-{number}", HOURLY)
    await world.work()
    world.stop("executor")
    await run(world, 80 * MINUTE, step=MINUTE)

    assert [name for name, _, _, _ in await world.found()] == [f"job-{number}" for number in range(5)]


async def test_services_that_restart_again_and_again_raise_no_alarm(world: World, project_id: ProjectId) -> None:
    await world.add_job(project_id, "backup", HOURLY)
    await world.add_job(project_id, "beat", {"periodic": 60})
    await world.work()
    for _ in range(8):
        await run(world, 8 * MINUTE, step=MINUTE / 2)
        world.stop(*SERVICES)
        await world.until(world.clock.now() + 40 * SECOND)
        world.start(*SERVICES)
        await world.watch()

    assert await world.found() == []
    assert world.clock.now() > datetime(2026, 1, 1, 1, tzinfo=EPOCH.tzinfo)

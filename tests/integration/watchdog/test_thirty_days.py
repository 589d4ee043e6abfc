"""Thirty days in the life of some timers: every real miss is told once and in time, and nothing else is.

What is expected is worked out here from the list of incidents alone, by other means than those of the watchdog.
"""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from eventline_common.db.session import Database
from eventline_common.ids import JobId, ProjectId
from eventline_common.times import format_time

from .world import SERVICES, World

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Both changes to daylight saving time are in it: that of America on 8 March, that of Europe on 29 March.
START = datetime(2026, 3, 6, tzinfo=UTC)
END = START + 30 * DAY
PATIENCE = 10 * MINUTE


@dataclass(frozen=True)
class Incident:
    """Something that lasts for a while; `kind` is a service that is away, `platform`, `disabled` or `silent`."""

    kind: str
    start: datetime
    end: datetime

    def covers(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


def incident(kind: str, day: int, hour: int, minute: int, duration: timedelta) -> Incident:
    start = START + timedelta(days=day, hours=hour, minutes=minute)
    return Incident(kind, start, start + duration)


INCIDENTS: Sequence[Incident] = (
    incident("connectors", 1, 9, 58, 10 * MINUTE),
    incident("scheduler", 1, 15, 58, 10 * MINUTE),
    incident("executor", 1, 20, 58, 10 * MINUTE),
    incident("connectors", 2, 6, 50, 85 * MINUTE),
    incident("scheduler", 4, 12, 30, 3 * HOUR),
    incident("executor", 6, 1, 30, 26 * HOUR),
    incident("platform", 9, 3, 30, 50 * HOUR),
    incident("disabled", 12, 0, 30, 5 * HOUR),
    incident("disabled", 13, 0, 30, 5 * HOUR + 10 * MINUTE),
    incident("connectors", 13, 0, 35, 5 * HOUR),
    incident("step forward", 14, 6, 15, 2 * HOUR),
    incident("silent", 17, 8, 20, 5 * HOUR),
    incident("scheduler", 17, 9, 30, 3 * HOUR),
    *(incident("platform", 19, 10, 7 * number, 10 * SECOND) for number in range(17)),
    incident("executor", 23, 0, 50, 90 * MINUTE),
    incident("connectors", 25, 4, 40, 30 * HOUR),
    incident("executor", 28, 23, 30, 70 * MINUTE),
)
STEP_BACK = START + timedelta(days=15, hours=6, minutes=15)

TIMERS: dict[str, dict[str, object]] = {
    "hourly": {"hourly": {}},
    "nightly": {"daily": {"hour": 2, "minute": 30}},
    "weekly": {"weekly": {"day": "sunday", "hour": 1}},
    "every-five-hours": {"periodic": 5 * 3600},
    "once": {"oneshot": format_time(START + 6 * DAY + 12 * HOUR)},
}
INTERVALS = {"hourly": HOUR, "nightly": DAY, "weekly": 7 * DAY, "every-five-hours": 5 * HOUR, "once": 30 * DAY}


def during(kind: str, moment: datetime) -> Incident | None:
    return next((each for each in INCIDENTS if each.kind == kind and each.covers(moment)), None)


def back(kinds: Sequence[str], moment: datetime) -> datetime:
    """The first moment from `moment` on in which nothing of these kinds goes on."""
    while found := next((each for kind in kinds if (each := during(kind, moment))), None):
        moment = found.end
    return moment


def fixed_ticks(name: str) -> Iterator[datetime]:
    """The ticks of a timer that goes by the calendar, written out."""
    moments = (START + number * 30 * MINUTE for number in range(1, 30 * 48 + 1))
    for moment in moments:
        hits = {
            "hourly": moment.minute == 0,
            "nightly": (moment.hour, moment.minute) == (2, 30),
            "weekly": (moment.isoweekday(), moment.hour, moment.minute) == (7, 1, 0),
            "once": moment == START + 6 * DAY + 12 * HOUR,
        }
        if hits[name]:
            yield moment


def periodic_ticks() -> Iterator[tuple[datetime, datetime]]:
    """When the periodic timer should go off, and when it does; late by a period, it begins anew from there."""
    expected = START
    while expected < END:
        made = back(["connectors", "platform", "step forward"], expected)
        yield expected, made
        expected = (expected if made - expected < 5 * HOUR else made) + 5 * HOUR


def is_missed(expected: datetime, made: datetime) -> bool:
    """Tell whether a tick counts: one service was away for too long, and not everything at once."""
    if during("platform", expected) or during("step forward", expected):
        return False
    return made - expected > PATIENCE or back(["scheduler", "executor", "platform"], made) - expected > PATIENCE


def expected_misses() -> set[tuple[str, datetime]]:
    misses = {("every-five-hours", expected) for expected, made in periodic_ticks() if is_missed(expected, made)}
    for name in TIMERS.keys() - {"every-five-hours"}:
        for tick in fixed_ticks(name):
            made = back(["connectors", "platform", "step forward"], tick)
            if is_missed(tick, made) and not (name == "hourly" and during("disabled", tick)):
                misses.add((name, tick))
    return misses


@pytest.fixture
def local_time_with_daylight_saving() -> Iterator[None]:
    """Processes run in the time zone of their machine: it must not matter."""
    previous = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    if previous is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = previous
    time.tzset()


async def set_hourly(database: Database, **values: bool) -> None:
    async with database.transaction() as tx:
        for member, value in values.items():
            if member == "disabled":
                await tx.execute("UPDATE jobs SET disabled = $1 WHERE name = 'hourly'", value)
            else:
                await tx.execute("UPDATE project_notification_settings SET on_missed_run = $1", value)


async def change(world: World, database: Database, moment: datetime) -> None:
    """Begin and end what begins and ends at a moment."""
    for each in INCIDENTS:
        if each.kind == "disabled" and moment in (each.start, each.end):
            await set_hourly(database, disabled=moment == each.start)
        elif each.kind == "silent" and moment in (each.start, each.end):
            await set_hourly(database, on_missed_run=moment == each.end)
        elif each.kind == "step forward" and moment == each.start:
            world.clock.set(each.end)
        elif each.kind in (*SERVICES, "platform"):
            services = SERVICES if each.kind == "platform" else (each.kind,)
            if moment == each.start:
                world.stop(*services)
            if moment == each.end:
                world.start(*services)


def moments() -> list[datetime]:
    """When something happens: ticks, incidents, and each two minutes while a service is away."""
    found = {END, *(made for _, made in periodic_ticks())}
    for name in TIMERS.keys() - {"every-five-hours"}:
        found.update(fixed_ticks(name))
    for each in INCIDENTS:
        found |= {each.start, each.end, each.end + 30 * SECOND}
        if each.kind in SERVICES:
            found.update(_often(each))
    steps = [each for each in INCIDENTS if each.kind == "step forward"]
    return sorted(moment for moment in found if moment <= END and not any(s.start < moment < s.end for s in steps))


def _often(incident: Incident) -> Iterator[datetime]:
    """Each two minutes around the time that a tick in it counts as missed."""
    for moment in (
        incident.start + number * 2 * MINUTE for number in range(int((incident.end - incident.start) / MINUTE / 2))
    ):
        if moment.minute % 30 in range(9, 15):
            yield moment


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("local_time_with_daylight_saving")
async def test_in_thirty_days_every_real_miss_is_told_once_in_time_and_nothing_else_is(
    world: World, project_id: ProjectId, database: Database
) -> None:
    world.clock.set(START)
    jobs: dict[str, JobId] = {}
    for name, parameters in TIMERS.items():
        jobs[name] = await world.add_job(project_id, name, parameters)
    await world.work()
    stepped_back = False

    for moment in moments():
        if moment > STEP_BACK and not stepped_back:
            await world.until(STEP_BACK)
            world.clock.set(STEP_BACK - HOUR)
            stepped_back = True
        await world.until(moment)
        await change(world, database, moment)
        await world.watch()
        await world.work()

    found = await world.found()
    expected = expected_misses()
    assert {(name, tick) for name, tick, _, excused in found if not excused} == expected
    assert len(expected) > 60
    for name, tick, discovery, _ in found:
        assert timedelta(0) < discovery - tick <= INTERVALS[name] + 30 * SECOND
    told = [(name, tick) for name, tick, _ in await world.told()]
    wanted = {(name, format_time(tick)) for name, tick in expected if not during("silent", tick)}
    assert len(told) == len(set(told))
    assert set(told) == wanted
    assert await all_ticks_ran(database, jobs)


async def all_ticks_ran(database: Database, jobs: dict[str, JobId]) -> bool:
    """Check the world itself: the hourly job ran for every tick while it was enabled, in order."""
    async with database.connection() as tx:
        rows = await tx.fetch(
            "SELECT scheduled_time FROM job_executions WHERE job_id = $1 ORDER BY scheduled_time", jobs["hourly"]
        )
    times = [row["scheduled_time"] for row in rows]
    assert times == [tick for tick in fixed_ticks("hourly") if not during("disabled", tick)]
    return all(earlier < later for earlier, later in pairwise(times))

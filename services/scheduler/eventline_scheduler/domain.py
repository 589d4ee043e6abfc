"""What the scheduler decides, without looking at anything but its arguments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from eventline_common.domain import filters
from eventline_common.executions import NewExecution
from eventline_common.ids import EventId, JobId, ProjectId, RevisionId

# A gap between two looks at the executors that says more about us than about them.
LONGEST_BLINK = timedelta(seconds=4)
# How long executors get to be heard again after such a gap: two of their heartbeats.
HEARING_TIME = timedelta(seconds=4)
# How often executions are hinted again although their runner still has hints to work on.
BACKLOG_PERIOD = timedelta(seconds=10)
BACKLOG_LIMIT = 100
SWEEP_LIMIT = 1000


class Fate(StrEnum):
    """What becomes of an event."""

    INSTANTIATED = "instantiated"
    FILTERED = "filtered"
    DISABLED = "disabled"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An unprocessed event with the current revision of its job; `trigger` is None when that has none any more."""

    id: EventId
    project_id: ProjectId
    job_id: JobId
    creation_time: datetime
    event_time: datetime
    data: Mapping[str, object]
    job_disabled: bool
    revision_id: RevisionId
    concurrent: bool
    runner: str
    step_count: int
    trigger: Mapping[str, object] | None


def fate(event: WaitingEvent) -> Fate:
    """Say what becomes of an event (contract execution, section 2).

    A disabled job consumes it; else the current filters decide; a job without a trigger counts as matching. A trigger
    that cannot be understood makes no execution, and never stops other events.
    """
    if event.job_disabled:
        return Fate.DISABLED
    if event.trigger is None:
        return Fate.INSTANTIATED
    try:
        matching = _matches(event.trigger.get("filters"), event.data)
    except (ValueError, TypeError, OverflowError):
        return Fate.UNREADABLE
    return Fate.INSTANTIATED if matching else Fate.FILTERED


def _matches(stored: object, data: Mapping[str, object]) -> bool:
    """Apply filters as they are stored; raises ValueError, TypeError or OverflowError for what are none."""
    if stored is None:
        return True
    if not isinstance(stored, list) or not all(isinstance(each, dict) for each in stored):
        raise TypeError("the filters of a trigger are a list of objects")
    return filters.matches(stored, data)


def execution_of(event: WaitingEvent, trace_parent: str | None = None) -> NewExecution:
    """Return the execution that an event makes: no parameters, due at the event's time (execution, section 3)."""
    return NewExecution(
        project_id=event.project_id,
        job_id=event.job_id,
        revision_id=event.revision_id,
        scheduled_time=event.event_time,
        concurrent=event.concurrent,
        runner=event.runner,
        step_count=event.step_count,
        event_id=event.id,
        trace_parent=trace_parent,
    )


@dataclass(frozen=True, slots=True)
class SweepState:
    """What is known about a runner when its waiting executions are swept."""

    hints_pending: int
    last_backlog_sweep: datetime | None
    platform_limit: int | None
    started: int


def sweep_limit(state: SweepState, *, now: datetime) -> int:
    """Return how many waiting executions may be hinted again now.

    Nothing pending: the hints were lost, all are hinted. Something pending: a backlog is being worked on, which is not
    doubled; only its oldest are hinted now and then, so that a lost hint cannot be starved by a stream that never
    runs dry. Never more than `max_parallel_job_executions` leaves room for.
    """
    room = SWEEP_LIMIT if state.platform_limit is None else max(0, state.platform_limit - state.started)
    if state.hints_pending == 0:
        return min(room, SWEEP_LIMIT)
    if state.last_backlog_sweep is not None and now - state.last_backlog_sweep < BACKLOG_PERIOD:
        return 0
    return min(room, BACKLOG_LIMIT)


@dataclass(frozen=True, slots=True)
class Watch:
    """Since when the watcher of executors has looked without a gap. After a gap (the database was away, the scheduler
    was stopped) living executors look silent although they are not; they get time to be heard first."""

    last_look: datetime | None = None
    trusted_from: datetime | None = None

    def look(self, now: datetime) -> "Watch":
        """Return the watch after a look at `now`."""
        if self.last_look is not None and abs(now - self.last_look) > LONGEST_BLINK:
            return Watch(now, now + HEARING_TIME)
        return Watch(now, self.trusted_from)

    def may_judge(self, now: datetime) -> bool:
        """Tell whether silence at `now` is the executor's and not ours."""
        return self.trusted_from is None or now >= self.trusted_from

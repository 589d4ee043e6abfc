"""The statements of the watchdog. Each reads a page of what could be late; jobs being deleted are passed over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.ids import JobId


@dataclass(frozen=True, slots=True)
class LateTimer:
    """A timer whose tick has made no event; `first_tick` is None when it was never set up."""

    key: str
    job_id: JobId
    disabled: bool
    parameters: Mapping[str, object]
    first_tick: datetime | None
    since: datetime
    judged: datetime | None


@dataclass(frozen=True, slots=True)
class LateEvent:
    """The event of a tick whose run has not begun; `runner` is None when it has no execution either."""

    key: str
    job_id: JobId
    disabled: bool
    parameters: Mapping[str, object] | None
    tick: datetime
    creation_time: datetime
    runner: str | None
    busy: bool


@dataclass(frozen=True, slots=True)
class MissedRun:
    """A tick that made no run in time, and why. Nobody is told when the job is disabled."""

    job_id: JobId
    tick: datetime
    reason: str
    excused: bool


_LIST_TIMERS = """
SELECT t.subscription_id AS key, s.job_id, j.disabled, s.parameters, t.next_tick AS first_tick,
    COALESCE(s.last_update_time, s.creation_time) AS since,
    (SELECT max(m.tick_time) FROM missed_runs m
     WHERE m.job_id = s.job_id AND m.tick_time >= t.next_tick) AS judged
FROM timers t
JOIN subscriptions s ON s.id = t.subscription_id AND s.status = 'active'
JOIN jobs j ON j.id = s.job_id
WHERE t.next_tick <= $1 AND t.subscription_id > $2
ORDER BY t.subscription_id LIMIT $3
FOR KEY SHARE OF j SKIP LOCKED
"""

_LIST_INACTIVE = """
SELECT s.id AS key, s.job_id, j.disabled, s.parameters, NULL::timestamptz AS first_tick, s.creation_time AS since,
    (SELECT max(m.tick_time) FROM missed_runs m
     WHERE m.job_id = s.job_id AND m.discovery_time >= s.creation_time) AS judged
FROM subscriptions s JOIN jobs j ON j.id = s.job_id
WHERE s.status = 'inactive' AND s.connector = 'time' AND s.creation_time <= $1 AND s.id > $2
ORDER BY s.id LIMIT $3
FOR KEY SHARE OF j SKIP LOCKED
"""

# A replay is somebody's wish and no tick.
_LIST_EVENTS = """
SELECT v.id AS key, v.job_id, j.disabled, s.parameters, v.event_time AS tick, v.creation_time, NULL AS runner,
    false AS busy
FROM events v
JOIN jobs j ON j.id = v.job_id
LEFT JOIN subscriptions s ON s.id = v.subscription_id
WHERE NOT v.processed AND v.connector = 'time' AND v.original_event_id IS NULL AND v.event_time <= $1 AND v.id > $2
  AND NOT EXISTS (SELECT FROM missed_runs m WHERE m.job_id = v.job_id AND m.tick_time = v.event_time)
ORDER BY v.id LIMIT $3
FOR KEY SHARE OF j SKIP LOCKED
"""

_LIST_EXECUTIONS = """
SELECT e.id AS key, e.job_id, j.disabled, s.parameters, v.event_time AS tick, v.creation_time, e.runner,
    NOT e.concurrent AND EXISTS (
        SELECT FROM job_executions h WHERE h.job_id = e.job_id AND h.holder IS NOT NULL AND NOT h.concurrent) AS busy
FROM job_executions e
JOIN events v ON v.id = e.event_id AND v.connector = 'time' AND v.original_event_id IS NULL
JOIN jobs j ON j.id = e.job_id
LEFT JOIN subscriptions s ON s.id = v.subscription_id
WHERE e.status = 'created' AND e.attempt = 1 AND e.scheduled_time <= $1 AND e.id > $2
  AND NOT EXISTS (SELECT FROM missed_runs m WHERE m.job_id = e.job_id AND m.tick_time = v.event_time)
ORDER BY e.id LIMIT $3
FOR KEY SHARE OF j SKIP LOCKED
"""

_INSERT = """
INSERT INTO missed_runs (job_id, tick_time, discovery_time, reason, excused)
SELECT w.job_id, w.tick, $5, w.reason, w.excused
FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::boolean[]) AS w (job_id, tick, reason, excused)
ON CONFLICT DO NOTHING
RETURNING job_id, tick_time, reason, excused
"""


async def list_late_timers(tx: Tx, *, before: datetime, after: str, limit: int) -> Sequence[LateTimer]:
    """Return timers whose tick was due before a moment, from a key on."""
    return [LateTimer(**dict(row)) for row in await tx.fetch(_LIST_TIMERS, before, after, limit)]


async def list_inactive_timers(tx: Tx, *, before: datetime, after: str, limit: int) -> Sequence[LateTimer]:
    """Return timers that were asked for before a moment and not set up yet, from a key on."""
    return [LateTimer(**dict(row)) for row in await tx.fetch(_LIST_INACTIVE, before, after, limit)]


async def list_late_events(tx: Tx, *, before: datetime, after: str, limit: int) -> Sequence[LateEvent]:
    """Return ticks from before a moment whose event nobody has processed, from a key on."""
    return [LateEvent(**dict(row)) for row in await tx.fetch(_LIST_EVENTS, before, after, limit)]


async def list_late_executions(tx: Tx, *, before: datetime, after: str, limit: int) -> Sequence[LateEvent]:
    """Return ticks from before a moment whose execution nobody has started, from a key on."""
    return [LateEvent(**dict(row)) for row in await tx.fetch(_LIST_EXECUTIONS, before, after, limit)]


async def insert_missed_runs(tx: Tx, missed: Sequence[MissedRun], *, now: datetime) -> Sequence[MissedRun]:
    """Keep missed runs and return those that nobody has found before."""
    rows = await tx.fetch(
        _INSERT, [m.job_id for m in missed], [m.tick for m in missed], [m.reason for m in missed],
        [m.excused for m in missed], now,
    )  # fmt: skip
    return [MissedRun(row["job_id"], row["tick_time"], row["reason"], row["excused"]) for row in rows]

"""The statements on timers and on the events that they make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.ids import EventId, JobId, ProjectId, SubscriptionId, new_id
from eventline_common.times import format_time


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer whose tick has come, and whom it is for."""

    subscription_id: SubscriptionId
    project_id: ProjectId
    job_id: JobId
    parameters: Mapping[str, object]
    next_tick: datetime


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick that happened: it becomes an event."""

    subscription_id: SubscriptionId
    project_id: ProjectId
    job_id: JobId
    time: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of a timer: its last tick, unchanged if None, and its next one, none if None."""

    subscription_id: SubscriptionId
    last_tick: datetime | None
    next_tick: datetime | None


_CREATE = """
INSERT INTO timers (subscription_id, next_tick)
SELECT * FROM unnest($1::text[], $2::timestamptz[])
ON CONFLICT (subscription_id) DO NOTHING
"""

_DELETE = "DELETE FROM timers WHERE subscription_id = ANY($1::text[])"

# Events refer to job and project: their rows are locked here, and passed over while somebody deletes them.
_TAKE_DUE = """
WITH due AS MATERIALIZED (
    SELECT t.subscription_id, t.next_tick FROM timers t
    WHERE t.next_tick <= $1
    ORDER BY t.next_tick LIMIT $2
    FOR NO KEY UPDATE SKIP LOCKED
)
SELECT d.subscription_id, d.next_tick, s.project_id, s.job_id, s.parameters
FROM due d
JOIN subscriptions s ON s.id = d.subscription_id AND s.status = 'active'
JOIN jobs j ON j.id = s.job_id
JOIN projects p ON p.id = s.project_id
ORDER BY d.next_tick
FOR KEY SHARE OF s, j, p SKIP LOCKED
"""

_MOVE = """
UPDATE timers t SET last_tick = COALESCE(m.last_tick, t.last_tick), next_tick = m.next_tick
FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS m (subscription_id, last_tick, next_tick)
WHERE t.subscription_id = m.subscription_id
"""

_INSERT_EVENTS = """
INSERT INTO events
    (id, project_id, job_id, subscription_id, occurrence, creation_time, event_time, connector, name, data)
SELECT e.id, e.project_id, e.job_id, e.subscription_id, e.occurrence, $7, e.event_time, 'time', 'tick', '{}'
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
  AS e (id, project_id, job_id, subscription_id, occurrence, event_time)
ON CONFLICT (subscription_id, occurrence) DO NOTHING
"""

# A timer whose subscription is ending will never tick again; it is deleted with it.
_SILENCE_ENDED = """
UPDATE timers SET next_tick = NULL WHERE subscription_id IN (
    SELECT t.subscription_id FROM timers t JOIN subscriptions s ON s.id = t.subscription_id
    WHERE t.next_tick <= $1 AND (s.status = 'terminating' OR s.job_id IS NULL OR s.project_id IS NULL)
    ORDER BY t.next_tick LIMIT $2
    FOR NO KEY UPDATE OF t SKIP LOCKED)
RETURNING true
"""

_EARLIEST = "SELECT min(next_tick) FROM timers WHERE next_tick IS NOT NULL"

_MARK_BROKEN = """
UPDATE subscriptions s SET error_message = b.error_message
FROM unnest($1::text[], $2::text[]) AS b (id, error_message) WHERE s.id = b.id
"""


async def create_timers(tx: Tx, first_ticks: Sequence[tuple[SubscriptionId, datetime]]) -> None:
    """Create timers; one that exists keeps going."""
    await tx.execute(_CREATE, [id for id, _ in first_ticks], [tick for _, tick in first_ticks])


async def delete_timers(tx: Tx, ids: Sequence[SubscriptionId]) -> None:
    """Delete the timers of subscriptions."""
    await tx.execute(_DELETE, list(ids))


async def take_due(tx: Tx, *, now: datetime, limit: int) -> Sequence[DueTimer]:
    """Lock the timers that are due and that nobody else has, earliest first."""
    rows = await tx.fetch(_TAKE_DUE, now, limit)
    return [DueTimer(r["subscription_id"], r["project_id"], r["job_id"], r["parameters"], r["next_tick"]) for r in rows]


async def move(tx: Tx, moves: Sequence[Move]) -> None:
    """Set the last and next tick of timers."""
    await tx.execute(
        _MOVE, [m.subscription_id for m in moves], [m.last_tick for m in moves], [m.next_tick for m in moves]
    )


async def insert_ticks(tx: Tx, ticks: Sequence[Tick], *, now: datetime) -> None:
    """Insert the event of each tick; a tick that has its event already makes no second one."""
    await tx.execute(
        _INSERT_EVENTS,
        [EventId(new_id(now)) for _ in ticks],
        [t.project_id for t in ticks],
        [t.job_id for t in ticks],
        [t.subscription_id for t in ticks],
        [format_time(t.time) for t in ticks],
        [t.time for t in ticks],
        now,
    )


async def earliest_tick(tx: Tx) -> datetime | None:
    """Return when the next timer is due, None when there is none."""
    return await tx.fetchval(_EARLIEST)  # type: ignore[no-any-return]


async def silence_ended(tx: Tx, *, now: datetime, limit: int) -> int:
    """Stop due timers whose subscription, job or project is going away; return how many."""
    return len(await tx.fetch(_SILENCE_ENDED, now, limit))


async def mark_broken(tx: Tx, errors: Mapping[SubscriptionId, str]) -> None:
    """Keep, for the user to see, why a timer stands still."""
    await tx.execute(_MARK_BROKEN, list(errors), list(errors.values()))

"""The statements on events: listing, reading, replaying."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Row, Tx
from eventline_common.errors import NotFound
from eventline_common.http.paged_query import PagedQuery
from eventline_common.http.paging import Collection, Cursor, Slice, Sort
from eventline_common.ids import EventId, JobId, ProjectId, new_id


class UnknownEvent(NotFound):
    """The selected project has no such event."""

    code = "unknown_event"

    def __init__(self, id: str) -> None:
        super().__init__(f'unknown event "{id}"')


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as one job was told about it."""

    id: EventId
    project_id: ProjectId
    job_id: JobId
    creation_time: datetime
    event_time: datetime
    connector: str
    name: str
    data: Mapping[str, object]
    processed: bool
    original_event_id: EventId | None


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events to list: None means any; `start` is included, `end` is not, both are about the event time."""

    job_id: JobId | None = None
    connector: str | None = None
    name: str | None = None
    processed: bool | None = None
    start: datetime | None = None
    end: datetime | None = None


EVENTS = Collection(
    sorts={
        "id": Sort.by_text("v.id", "id"),
        "event_time": Sort.by_time("v.event_time", "v.id", field="event_time"),
    },
    default_sort="event_time",
)

_LIST = """
SELECT v.* FROM events v
WHERE {owner} AND ($2::text IS NULL OR v.connector = $2) AND ($3::text IS NULL OR v.name = $3)
  AND ($4::boolean IS NULL OR v.processed = $4) AND ($5::timestamptz IS NULL OR v.event_time >= $5)
  AND ($6::timestamptz IS NULL OR v.event_time < $6) AND {keyset}
"""

_PAGE_OF_PROJECT = PagedQuery(_LIST.replace("{owner}", "v.project_id = $1"), EVENTS, arguments=6)
_PAGE_OF_JOB = PagedQuery(_LIST.replace("{owner}", "v.job_id = $1 AND v.project_id = $7"), EVENTS, arguments=7)

_GET = "SELECT * FROM events WHERE id = $1 AND project_id = $2"

_REPLAY = """
INSERT INTO events (id, project_id, job_id, creation_time, event_time, connector, name, data, original_event_id)
SELECT $3, v.project_id, v.job_id, $4, v.event_time, v.connector, v.name, v.data, v.id
FROM events v WHERE v.id = $1 AND v.project_id = $2
RETURNING *
"""


async def list_events(tx: Tx, project_id: ProjectId, wanted: EventFilter, cursor: Cursor) -> Slice[Event]:
    """Return a slice of the events of a project, or of one job of it."""
    rest = (wanted.connector, wanted.name, wanted.processed, wanted.start, wanted.end)
    if wanted.job_id is None:
        return await _PAGE_OF_PROJECT.fetch(tx, cursor, project_id, *rest, read=read_event)
    return await _PAGE_OF_JOB.fetch(tx, cursor, wanted.job_id, *rest, project_id, read=read_event)


async def get_event(tx: Tx, project_id: ProjectId, id: EventId) -> Event:
    """Return an event; raise UnknownEvent."""
    row = await tx.fetchrow(_GET, id, project_id)
    if row is None:
        raise UnknownEvent(id)
    return read_event(row)


async def replay_event(tx: Tx, project_id: ProjectId, id: EventId, *, now: datetime) -> Event:
    """Store the same event anew, waiting to be processed, and return it; raise UnknownEvent."""
    row = await tx.fetchrow(_REPLAY, id, project_id, EventId(new_id(now)), now)
    if row is None:
        raise UnknownEvent(id)
    return read_event(row)


def read_event(row: Row) -> Event:
    """Turn a row into a value."""
    return Event(
        id=row["id"],
        project_id=row["project_id"],
        job_id=row["job_id"],
        creation_time=row["creation_time"],
        event_time=row["event_time"],
        connector=row["connector"],
        name=row["name"],
        data=row["data"],
        processed=row["processed"],
        original_event_id=row["original_event_id"],
    )

"""The statement that lists executions, fast however many there are and whatever they are filtered by."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from eventline_api.job_executions.execution import ExecutionFilter, JobExecution
from eventline_api.job_executions.store import read_execution
from eventline_common.db.session import Tx
from eventline_common.http.paged_query import PagedQuery
from eventline_common.http.paging import Collection, Cursor, KeyKind, Order, Slice, Sort, decode_key
from eventline_common.ids import ProjectId

JOB_EXECUTIONS = Collection(
    sorts={
        "id": Sort.by_text("e.id", "id"),
        "scheduled_time": Sort.by_time("e.scheduled_time", "e.id", field="scheduled_time"),
    },
    default_sort="scheduled_time",
    default_order=Order.DESC,
)

# For each status one walk along its own index, no longer than a page; then the page is merged from them. So neither a
# rare status nor a common one makes a page slow.
_LIST = """
SELECT e.*, r.spec FROM (
    SELECT e.* FROM unnest($4::text[]) AS s (status) CROSS JOIN LATERAL ({walk} {order_and_limit}) e
    {order_and_limit}) e
JOIN job_revisions r ON r.id = e.revision_id
"""

# PostgreSQL plans a walk by time once for all pages. It would plan each anew, which takes as long as the walk, if it
# had to guess how far one goes: an unknown limit is a tenth of the table to it, hence the inner limit; and a time
# between two unknown ones would be rare.
_WALK_BY_TIME = """
SELECT * FROM (
    SELECT * FROM job_executions e
    WHERE {owner} AND e.status = s.status AND (e.scheduled_time, e.id) >= ($2, '')
      AND (e.scheduled_time, e.id) < ($3, '') AND {keyset}
    {order_and_most}) e
"""

# By id the best index depends on the times, so each page has a plan of its own.
_WALK_BY_ID = """
SELECT * FROM job_executions e
WHERE {owner} AND e.status = s.status AND e.scheduled_time >= $2 AND e.scheduled_time < $3 AND {keyset}
"""


def _pages(owner: str, *, arguments: int) -> Mapping[str, PagedQuery]:
    """Return the queries by the names of their sorts."""
    walks = {"scheduled_time": _WALK_BY_TIME, "id": _WALK_BY_ID}
    return {
        sort: PagedQuery(_LIST.replace("{walk}", walk).replace("{owner}", owner), JOB_EXECUTIONS, arguments=arguments)
        for sort, walk in walks.items()
    }


_PAGES_OF_PROJECT = _pages("e.project_id = $1", arguments=4)
_PAGES_OF_JOB = _pages("e.job_id = $1 AND e.project_id = $5", arguments=5)


async def list_executions(
    tx: Tx, project_id: ProjectId, wanted: ExecutionFilter, cursor: Cursor
) -> Slice[JobExecution]:
    """Return a slice of the executions of a project, or of one job of it."""
    start, end = _bounds(wanted, cursor)
    rest = (start, end, list(wanted.statuses))
    if wanted.job_id is None:
        return await _PAGES_OF_PROJECT[cursor.sort].fetch(tx, cursor, project_id, *rest, read=read_execution)
    return await _PAGES_OF_JOB[cursor.sort].fetch(tx, cursor, wanted.job_id, *rest, project_id, read=read_execution)


def _bounds(wanted: ExecutionFilter, cursor: Cursor) -> tuple[datetime, datetime]:
    """Return the times between which the walks go: PostgreSQL begins at these, not at the key of the cursor."""
    if cursor.key is None or cursor.sort != "scheduled_time":
        return wanted.start, wanted.end
    time, _ = decode_key(cursor.key, KeyKind.TIME_AND_ID)
    assert isinstance(time, datetime)
    if (cursor.order is Order.ASC) != (cursor.before is not None):
        return max(wanted.start, time), wanted.end
    return wanted.start, wanted.end if time >= wanted.end else time + timedelta(microseconds=1)

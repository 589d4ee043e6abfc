"""The statements that read the revisions of jobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from eventline_common.db.session import Row, Tx
from eventline_common.errors import NotFound
from eventline_common.http.paged_query import PagedQuery
from eventline_common.http.paging import Collection, Cursor, Order, Slice, Sort
from eventline_common.ids import AccountId, JobId, ProjectId, RevisionId


class UnknownJobRevision(NotFound):
    """The job has no revision of this number."""

    code = "unknown_job_revision"

    def __init__(self, id: JobId, number: int) -> None:
        super().__init__(f'job "{id}" has no revision {number}')


@dataclass(frozen=True, slots=True)
class JobRevision:
    """A specification that was deployed; `current` for the one that new executions get."""

    id: RevisionId
    job_id: JobId
    number: int
    creation_time: datetime
    account_id: AccountId | None
    username: str | None
    current: bool
    spec: Mapping[str, object]


# Numbers are compared as text of one width: keys of pages are text.
JOB_REVISIONS = Collection(
    sorts={"number": Sort.by_text("lpad(r.number::text, 10, '0')", "number_key")},
    default_sort="number",
    default_order=Order.DESC,
)

_SELECT = """
SELECT r.id, r.job_id, r.number, lpad(r.number::text, 10, '0') AS number_key, r.creation_time, r.account_id,
    a.username, r.id = j.current_revision_id AS current, r.spec
FROM job_revisions r
JOIN jobs j ON j.id = r.job_id
LEFT JOIN accounts a ON a.id = r.account_id
WHERE r.job_id = $1 AND j.project_id = $2 AND
"""

_PAGE = PagedQuery(_SELECT + " {keyset}", JOB_REVISIONS, arguments=2)
_GET = _SELECT + " r.number = $3"


async def list_revisions(tx: Tx, project_id: ProjectId, id: JobId, cursor: Cursor) -> Slice[JobRevision]:
    """Return a slice of the revisions of a job."""
    return await _PAGE.fetch(tx, cursor, id, project_id, read=_read)


async def get_revision(tx: Tx, project_id: ProjectId, id: JobId, number: int) -> JobRevision:
    """Return a revision; raise UnknownJobRevision."""
    row = await tx.fetchrow(_GET, id, project_id, number)
    if row is None:
        raise UnknownJobRevision(id, number)
    return _read(row)


def _read(row: Row) -> JobRevision:
    return JobRevision(
        id=row["id"],
        job_id=row["job_id"],
        number=row["number"],
        creation_time=row["creation_time"],
        account_id=row["account_id"],
        username=row["username"],
        current=row["current"],
        spec=row["spec"],
    )

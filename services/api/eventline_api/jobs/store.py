"""The statements on jobs: reading, renaming, switching, deleting, and favourites."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_api.jobs.errors import UnknownJob
from eventline_common.db.session import Row, Tx
from eventline_common.http.paged_query import PagedQuery
from eventline_common.http.paging import Collection, Cursor, Slice, Sort
from eventline_common.ids import AccountId, ExecutionId, JobId, ProjectId, RevisionId


@dataclass(frozen=True, slots=True)
class Job:
    """A job with its current specification."""

    id: JobId
    project_id: ProjectId
    name: str
    creation_time: datetime
    update_time: datetime
    disabled: bool
    revision_id: RevisionId
    revision_number: int
    spec: Mapping[str, object]


JOBS = Collection(
    sorts={"id": Sort.by_text("j.id", "id"), "name": Sort.by_text("j.name", "name")},
    default_sort="name",
)

_SELECT = """
SELECT j.id, j.project_id, j.name, j.creation_time, j.update_time, j.disabled, j.current_revision_id, r.number, r.spec
FROM jobs j JOIN job_revisions r ON r.id = j.current_revision_id
"""

_BY_ID = _SELECT + "WHERE j.id = $1 AND j.project_id = $2"
_BY_NAME = _SELECT + "WHERE j.name = $1 AND j.project_id = $2"
_EXISTS = "SELECT EXISTS (SELECT FROM jobs WHERE id = $1 AND project_id = $2)"
_LOCK_BY_ID = "SELECT id FROM jobs WHERE id = $1 AND project_id = $2 FOR NO KEY UPDATE"

_PAGE = PagedQuery(_SELECT + "WHERE j.project_id = $1 AND {keyset}", JOBS, arguments=1)

_PAGE_OF_FAVOURITES = PagedQuery(
    _SELECT
    + """
    WHERE j.project_id = $1 AND $3 = EXISTS (
        SELECT FROM favourite_jobs f WHERE f.account_id = $2 AND f.job_id = j.id) AND {keyset}
    """,
    JOBS,
    arguments=3,
)

_SWITCH = """
UPDATE jobs SET disabled = $3, update_time = $4 WHERE id = $1 AND project_id = $2 AND disabled <> $3 RETURNING true
"""

_RENAME = "UPDATE jobs SET name = $2, update_time = $3 WHERE id = $1"
_NAME_TAKEN = "SELECT EXISTS (SELECT FROM jobs WHERE project_id = $1 AND name = $2 AND id <> $3)"

_DELETE = "DELETE FROM jobs WHERE id = $1"
_HELD = "SELECT id FROM job_executions WHERE job_id = $1 AND holder IS NOT NULL"

_ADD_FAVOURITE = "INSERT INTO favourite_jobs (account_id, job_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_REMOVE_FAVOURITE = "DELETE FROM favourite_jobs WHERE account_id = $1 AND job_id = $2"


async def list_jobs(tx: Tx, project_id: ProjectId, cursor: Cursor) -> Slice[Job]:
    """Return a slice of the jobs of a project."""
    return await _PAGE.fetch(tx, cursor, project_id, read=read_job)


async def list_jobs_by_favour(
    tx: Tx, project_id: ProjectId, cursor: Cursor, *, account_id: AccountId, favourite: bool
) -> Slice[Job]:
    """Return a slice of those jobs that are favourites of an account, or of those that are not."""
    return await _PAGE_OF_FAVOURITES.fetch(tx, cursor, project_id, account_id, favourite, read=read_job)


async def get_job(tx: Tx, project_id: ProjectId, id: JobId) -> Job:
    """Return a job; raise UnknownJob."""
    row = await tx.fetchrow(_BY_ID, id, project_id)
    if row is None:
        raise UnknownJob(id)
    return read_job(row)


async def get_job_by_name(tx: Tx, project_id: ProjectId, name: str) -> Job:
    """Return the job of this name; raise UnknownJob."""
    row = await tx.fetchrow(_BY_NAME, name, project_id)
    if row is None:
        raise UnknownJob(name)
    return read_job(row)


async def require_job(tx: Tx, project_id: ProjectId, id: JobId) -> None:
    """Raise UnknownJob unless there is such a job."""
    if not await tx.fetchval(_EXISTS, id, project_id):
        raise UnknownJob(id)


async def get_locked_job(tx: Tx, project_id: ProjectId, id: JobId) -> Job:
    """Return a job that nobody else changes before this transaction ends; raise UnknownJob."""
    if await tx.fetchval(_LOCK_BY_ID, id, project_id) is None:
        raise UnknownJob(id)
    return await get_job(tx, project_id, id)


async def switch_job(tx: Tx, project_id: ProjectId, id: JobId, *, disabled: bool, now: datetime) -> bool:
    """Disable or enable a job; False if it is so already."""
    return bool(await tx.fetchval(_SWITCH, id, project_id, disabled, now))


async def rename_job(tx: Tx, id: JobId, name: str, *, now: datetime) -> None:
    """Store another name."""
    await tx.execute(_RENAME, id, name, now)


async def is_name_taken(tx: Tx, project_id: ProjectId, name: str, *, but_by: JobId) -> bool:
    """Tell whether another job has this name."""
    return bool(await tx.fetchval(_NAME_TAKEN, project_id, name, but_by))


async def delete_job(tx: Tx, id: JobId) -> Sequence[ExecutionId]:
    """Delete a job with all that belongs to it; return its executions whose programs may still run."""
    held = await tx.fetch(_HELD, id)
    await tx.execute(_DELETE, id)
    return [row["id"] for row in held]


async def add_favourite(tx: Tx, account_id: AccountId, id: JobId) -> None:
    """Make a job a favourite of an account, unless it is one."""
    await tx.execute(_ADD_FAVOURITE, account_id, id)


async def remove_favourite(tx: Tx, account_id: AccountId, id: JobId) -> None:
    """Make a job no favourite of an account."""
    await tx.execute(_REMOVE_FAVOURITE, account_id, id)


def read_job(row: Row) -> Job:
    """Turn a row into a value."""
    return Job(
        id=JobId(row["id"]),
        project_id=ProjectId(row["project_id"]),
        name=row["name"],
        creation_time=row["creation_time"],
        update_time=row["update_time"],
        disabled=row["disabled"],
        revision_id=RevisionId(row["current_revision_id"]),
        revision_number=row["number"],
        spec=row["spec"],
    )

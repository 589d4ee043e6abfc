"""The statements of a deployment: all jobs of it, or none, whatever else is deployed at the same moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from eventline_api.jobs.deployment import Deployed, NewRevision, PlannedJob
from eventline_common.db.session import Tx
from eventline_common.ids import AccountId, JobId, ProjectId, RevisionId

# Deployments, renames, roll backs and deletions of one project come one after the other.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('jobs of ' || $1::text, 0))"

_LOCK_PROJECT = "SELECT id FROM projects WHERE id = $1 FOR KEY SHARE"

_LIST = """
SELECT j.id, j.name, j.creation_time, j.disabled, j.current_revision_id, r.number, r.spec
FROM jobs j JOIN job_revisions r ON r.id = j.current_revision_id
WHERE j.project_id = $1 AND j.name = ANY($2::text[])
"""

_INSERT_JOBS = """
INSERT INTO jobs (id, project_id, name, creation_time, update_time, current_revision_id)
SELECT n.id, $4, n.name, $5, $5, n.revision_id
FROM unnest($1::text[], $2::text[], $3::text[]) AS n (id, name, revision_id)
"""

_UPDATE_JOBS = """
UPDATE jobs j SET current_revision_id = n.revision_id, update_time = $3
FROM unnest($1::text[], $2::text[]) AS n (id, revision_id)
WHERE j.id = n.id
"""

_POINT = "UPDATE jobs SET current_revision_id = $2 WHERE id = $1"

_INSERT_REVISIONS = """
INSERT INTO job_revisions
    (id, job_id, number, creation_time, account_id, spec, concurrent, runner, step_count, retention)
SELECT n.id, n.job_id, n.number, $9, $10, n.spec, n.concurrent, n.runner, n.step_count, n.retention
FROM unnest($1::text[], $2::text[], $3::integer[], $4::jsonb[], $5::boolean[], $6::text[], $7::integer[], $8::integer[])
  AS n (id, job_id, number, spec, concurrent, runner, step_count, retention)
"""


async def lock_jobs(tx: Tx, project_id: ProjectId) -> bool:
    """Wait until no other deployment of the project is under way; False if the project has gone."""
    if await tx.fetchval(_LOCK_PROJECT, project_id) is None:
        return False
    await tx.execute(_LOCK, project_id)
    return True


async def list_deployed(tx: Tx, project_id: ProjectId, names: Sequence[str]) -> Mapping[str, Deployed]:
    """Return the jobs of these names that are there, by name."""
    rows = await tx.fetch(_LIST, project_id, list(names))
    return {
        row["name"]: Deployed(
            id=JobId(row["id"]),
            name=row["name"],
            creation_time=row["creation_time"],
            disabled=row["disabled"],
            revision_id=RevisionId(row["current_revision_id"]),
            revision_number=row["number"],
            spec=row["spec"],
        )
        for row in rows
    }


async def save_jobs(tx: Tx, project_id: ProjectId, jobs: Sequence[PlannedJob], *, now: datetime) -> None:
    """Store new jobs, and point the others to their current revisions; the revisions follow in this transaction."""
    new = [job for job in jobs if job.is_new]
    if new:
        await tx.execute(
            _INSERT_JOBS,
            [job.id for job in new],
            [job.name for job in new],
            [job.revision_id for job in new],
            project_id,
            now,
        )
    old = [job for job in jobs if not job.is_new]
    if old:
        await tx.execute(_UPDATE_JOBS, [job.id for job in old], [job.revision_id for job in old], now)


async def point_to_revision(tx: Tx, id: JobId, revision_id: RevisionId) -> None:
    """Make a revision the current one."""
    await tx.execute(_POINT, id, revision_id)


async def save_revisions(
    tx: Tx, revisions: Sequence[NewRevision], *, account_id: AccountId | None, now: datetime
) -> None:
    """Store revisions of jobs that are stored."""
    if not revisions:
        return
    await tx.execute(
        _INSERT_REVISIONS,
        [r.id for r in revisions],
        [r.job_id for r in revisions],
        [r.number for r in revisions],
        [r.spec for r in revisions],
        [r.concurrent for r in revisions],
        [r.runner for r in revisions],
        [r.step_count for r in revisions],
        [r.retention for r in revisions],
        now,
        account_id,
    )

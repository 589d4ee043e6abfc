"""What executing jobs by hand reads: many jobs in one query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eventline_common.db.session import Tx
from eventline_common.ids import JobId, ProjectId, RevisionId


@dataclass(frozen=True, slots=True)
class Executable:
    """A job with what an execution of it needs."""

    id: JobId
    project_id: ProjectId
    revision_id: RevisionId
    concurrent: bool
    runner: str
    step_count: int
    spec: Mapping[str, object]


# The project is locked before its jobs, as deleting a project does; then neither can vanish under the new rows.
_LIST_EXECUTABLE = """
WITH projects_kept AS MATERIALIZED (
    SELECT id FROM projects WHERE id = ANY($2::text[]) ORDER BY id FOR KEY SHARE
)
SELECT j.id, j.project_id, r.id AS revision_id, r.concurrent, r.runner, r.step_count, r.spec
FROM jobs j
JOIN job_revisions r ON r.id = j.current_revision_id
WHERE j.id = ANY($1::text[]) AND j.project_id IN (SELECT id FROM projects_kept)
ORDER BY j.id FOR KEY SHARE OF j
"""


async def list_executable(tx: Tx, ids: Sequence[JobId], project_ids: Sequence[ProjectId]) -> Mapping[JobId, Executable]:
    """Return jobs that stay until this transaction ends, by id; jobs of other projects are left out."""
    found = await _list(tx, ids, project_ids)
    missing = [id for id in ids if id not in found]
    if missing:
        # A job that was deployed at this very moment shows up at the second look.
        found |= await _list(tx, missing, project_ids)
    return found


async def _list(tx: Tx, ids: Sequence[JobId], project_ids: Sequence[ProjectId]) -> dict[JobId, Executable]:
    rows = await tx.fetch(_LIST_EXECUTABLE, list(ids), list(project_ids))
    return {row["id"]: Executable(**row) for row in rows}

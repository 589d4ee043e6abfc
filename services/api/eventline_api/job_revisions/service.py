"""Comparing revisions, and rolling a job back to one."""

from collections.abc import Mapping
from datetime import datetime

from eventline_api.job_revisions.differences import differences, unified_difference
from eventline_api.job_revisions.schemas import differences_view
from eventline_api.job_revisions.store import get_revision
from eventline_api.jobs.deploying import deploy_jobs
from eventline_api.jobs.deployment_store import lock_jobs
from eventline_api.jobs.specification import SpecificationRules, check_stored_specification
from eventline_api.jobs.store import Job, get_locked_job
from eventline_common.bus import Subjects
from eventline_common.db.session import Tx
from eventline_common.http.caller import CallerInProject
from eventline_common.http.transactions import Announcements
from eventline_common.ids import JobId, ProjectId


async def compare_revisions(
    tx: Tx, project_id: ProjectId, id: JobId, *, from_number: int, to_number: int
) -> Mapping[str, object]:
    """Return what changed from one revision to another; 0 stands for nothing at all. Raise UnknownJobRevision."""
    after = (await get_revision(tx, project_id, id, to_number)).spec
    before = (await get_revision(tx, project_id, id, from_number)).spec if from_number else {}
    text = unified_difference(before, after, names=(f"revision {from_number}", f"revision {to_number}"))
    return differences_view(
        id, from_number=from_number, to_number=to_number, found=differences(before, after), text=text
    )


async def roll_back(
    tx: Tx,
    caller: CallerInProject,
    id: JobId,
    number: int,
    rules: SpecificationRules,
    announcements: Announcements,
    subjects: Subjects,
    *,
    now: datetime,
) -> Job:
    """Deploy what a revision says once more, as a new revision; the job keeps its present name.

    Raise UnknownJob, UnknownJobRevision, and InvalidRequestBody when the specification refers to what is gone.
    """
    await lock_jobs(tx, caller.project_id)
    job = await get_locked_job(tx, caller.project_id, id)
    revision = await get_revision(tx, caller.project_id, id, number)
    spec = {**revision.spec, "name": job.name}
    await check_stored_specification(tx, caller.project_id, spec, rules)
    [rolled_back] = await deploy_jobs(tx, caller, [spec], announcements, subjects, now=now, action="roll_back")
    return rolled_back

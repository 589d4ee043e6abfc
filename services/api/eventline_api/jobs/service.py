"""What can be done with a job that is there."""

from datetime import datetime

from eventline_api.audit_log.service import record
from eventline_api.jobs import store
from eventline_api.jobs.deployment import NewRevision, same_json
from eventline_api.jobs.deployment_store import lock_jobs, point_to_revision, save_revisions
from eventline_api.jobs.errors import DuplicateJobName, JobLoop
from eventline_api.jobs.loops import find_loop_after_rename, loop_message
from eventline_api.jobs.subscription_store import terminate_subscriptions
from eventline_common.bus import Subjects
from eventline_common.db.session import Tx
from eventline_common.http.caller import CallerInProject
from eventline_common.http.transactions import Announcements
from eventline_common.ids import JobId, RevisionId, new_id


async def rename_job(tx: Tx, caller: CallerInProject, id: JobId, name: str, description: str, *, now: datetime) -> None:
    """Give a job another name and description, as a revision of its own; its subscription and old executions stay.

    Raise UnknownJob, DuplicateJobName, JobLoop.
    """
    await lock_jobs(tx, caller.project_id)
    job = await store.get_locked_job(tx, caller.project_id, id)
    if await store.is_name_taken(tx, caller.project_id, name, but_by=id):
        raise DuplicateJobName(name)
    if (loop := await find_loop_after_rename(tx, caller.project_id, job.name, name)) is not None:
        raise JobLoop(loop_message(loop))
    spec = {**job.spec, "name": name, "description": description}
    if not same_json(spec, job.spec):
        revision = NewRevision(RevisionId(new_id(now)), id, job.revision_number + 1, spec)
        await save_revisions(tx, [revision], account_id=caller.account.id, now=now)
        await point_to_revision(tx, id, revision.id)
    await store.rename_job(tx, id, name, now=now)
    await record(tx, caller, "rename", "job", id=id, name=name, details={"previous_name": job.name}, now=now)


async def switch_job(tx: Tx, caller: CallerInProject, id: JobId, *, disabled: bool, now: datetime) -> None:
    """Disable or enable a job; nothing changes if it is so already. Raise UnknownJob."""
    job = await store.get_locked_job(tx, caller.project_id, id)
    if await store.switch_job(tx, caller.project_id, id, disabled=disabled, now=now):
        action = "disable" if disabled else "enable"
        await record(tx, caller, action, "job", id=id, name=job.name, now=now)


async def delete_job(
    tx: Tx, caller: CallerInProject, id: JobId, announcements: Announcements, subjects: Subjects, *, now: datetime
) -> None:
    """Delete a job with all that belongs to it; its subscription ends, its programs are stopped. Raise UnknownJob."""
    await lock_jobs(tx, caller.project_id)
    job = await store.get_locked_job(tx, caller.project_id, id)
    if await terminate_subscriptions(tx, [id]):
        announcements.add(subjects.subscription())
    for execution_id in await store.delete_job(tx, id):
        announcements.add(subjects.execution_abort(execution_id))
    await record(tx, caller, "delete", "job", id=id, name=job.name, now=now)


async def favour_job(tx: Tx, caller: CallerInProject, id: JobId, *, favourite: bool, now: datetime) -> None:
    """Make a job a favourite of the caller, or no longer one. Raise UnknownJob."""
    job = await store.get_locked_job(tx, caller.project_id, id)
    if favourite:
        await store.add_favourite(tx, caller.account.id, id)
    else:
        await store.remove_favourite(tx, caller.account.id, id)
    action = "add_favourite" if favourite else "remove_favourite"
    await record(tx, caller, action, "job", id=id, name=job.name, now=now)

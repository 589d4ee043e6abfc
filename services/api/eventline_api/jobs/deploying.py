"""Storing specifications: one transaction for all jobs of a deployment, one deployment of a project at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from eventline_api.audit_log.service import audit_entry, record_all
from eventline_api.jobs.deployment import Plan, PlannedJob, plan_deployment
from eventline_api.jobs.deployment_store import list_deployed, save_jobs, save_revisions
from eventline_api.jobs.store import Job
from eventline_api.jobs.subscription_store import begin_subscriptions, list_subscriptions, terminate_subscriptions
from eventline_common.bus import Subjects
from eventline_common.db.session import Tx
from eventline_common.http.caller import CallerInProject
from eventline_common.http.transactions import Announcements


async def deploy_jobs(
    tx: Tx,
    caller: CallerInProject,
    specs: Sequence[Mapping[str, object]],
    announcements: Announcements,
    subjects: Subjects,
    *,
    now: datetime,
    action: str = "deploy",
) -> Sequence[Job]:
    """Store represented, checked specifications with different names and return their jobs, in order.

    The caller holds the lock of the project's jobs (`lock_jobs`).
    """
    deployed = await list_deployed(tx, caller.project_id, [str(spec["name"]) for spec in specs])
    subscriptions = await list_subscriptions(tx, [job.id for job in deployed.values()])
    plan = plan_deployment(specs, deployed, subscriptions, now=now)
    await _save(tx, caller, plan, now=now)
    if plan.ended_subscriptions or plan.new_subscriptions:
        announcements.add(subjects.subscription())
    entries = [
        audit_entry(caller, action, "job", id=job.id, name=job.name, details={"revision": job.revision_number}, now=now)
        for job in plan.jobs
    ]
    await record_all(tx, entries)
    return [_job(caller, job, now) for job in plan.jobs]


async def _save(tx: Tx, caller: CallerInProject, plan: Plan, *, now: datetime) -> None:
    await save_jobs(tx, caller.project_id, plan.jobs, now=now)
    await save_revisions(tx, plan.revisions, account_id=caller.account.id, now=now)
    if plan.ended_subscriptions:
        await terminate_subscriptions(tx, plan.ended_subscriptions)
    if plan.new_subscriptions:
        await begin_subscriptions(tx, caller.project_id, plan.new_subscriptions, now=now)


def _job(caller: CallerInProject, job: PlannedJob, now: datetime) -> Job:
    return Job(
        id=job.id,
        project_id=caller.project_id,
        name=job.name,
        creation_time=job.creation_time,
        update_time=now,
        disabled=job.disabled,
        revision_id=job.revision_id,
        revision_number=job.revision_number,
        spec=job.spec,
    )

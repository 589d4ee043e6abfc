"""What can be done with a subscription."""

import secrets
from datetime import datetime

from eventline_api.audit_log.service import record
from eventline_api.jobs.store import get_locked_job
from eventline_api.subscriptions import store
from eventline_api.subscriptions.store import NoWebhookAddress, Subscription
from eventline_common.db.session import Tx
from eventline_common.http.caller import CallerInProject
from eventline_common.ids import JobId


async def renew_address(tx: Tx, caller: CallerInProject, id: JobId, *, now: datetime) -> Subscription:
    """Give the webhook of a job another address; raise UnknownJob, UnknownSubscription, NoWebhookAddress."""
    job = await get_locked_job(tx, caller.project_id, id)
    subscription = await store.get_subscription(tx, caller.project_id, id)
    if subscription.target is None:
        raise NoWebhookAddress(job.name, f"{subscription.connector}/{subscription.event}")
    await store.renew_target(tx, id, secrets.token_urlsafe(32), now=now)
    await record(tx, caller, "renew_address", "job", id=id, name=job.name, now=now)
    return await store.get_subscription(tx, caller.project_id, id)

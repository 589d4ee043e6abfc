"""What can be done with notifications."""

from datetime import datetime, timedelta

from eventline_api.audit_log.service import record
from eventline_api.notifications import store
from eventline_api.notifications.notification import NobodyToNotify, Notification, NotificationNotAbandoned
from eventline_common.bus import Subjects
from eventline_common.db.session import Tx
from eventline_common.domain.notifications import NotificationStatus
from eventline_common.http.caller import CallerInProject
from eventline_common.http.transactions import Announcements
from eventline_common.ids import NotificationId
from eventline_common.notifications import insert_test

_RETRIED_FOR = timedelta(hours=24)


async def send_test(
    tx: Tx, caller: CallerInProject, announcements: Announcements, subjects: Subjects, *, now: datetime
) -> Notification:
    """Tell the project that this is a test; raise NobodyToNotify."""
    id = await insert_test(tx, caller.project_id, username=caller.account.username, now=now)
    if id is None:
        raise NobodyToNotify
    announcements.add(subjects.notification())
    await record(tx, caller, "test", "notification", id=id, now=now)
    return await store.get_notification(tx, caller.project_id, id)


async def retry(
    tx: Tx, caller: CallerInProject, id: NotificationId, announcements: Announcements, subjects: Subjects, *,
    now: datetime,
) -> Notification:  # fmt: skip
    """Try again what was given up, with its whole digest; raise UnknownNotification, NotificationNotAbandoned."""
    notification = await store.lock_notification(tx, caller.project_id, id)
    if notification.status is not NotificationStatus.ABANDONED:
        raise NotificationNotAbandoned(f"notification {id} was not given up: it is {notification.status.value}")
    if notification.message_id is None:
        await store.retry_unplanned(tx, id, now=now)
    else:
        await store.retry_message(tx, notification.message_id, now=now, patience=_RETRIED_FOR)
    announcements.add(subjects.notification())
    await record(tx, caller, "retry", "notification", id=id, now=now)
    return await store.get_notification(tx, caller.project_id, id)

"""Writes and reads the audit log. Every use case that changes something calls `record` in its own transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from eventline_api.audit_log import store
from eventline_api.audit_log.entry import AuditEntry, AuditFilter
from eventline_common.db.session import Tx
from eventline_common.http.caller import Caller, CallerInProject
from eventline_common.http.paging import Cursor, Slice
from eventline_common.ids import ProjectId, new_id


async def record(
    tx: Tx,
    caller: Caller,
    action: str,
    object_type: str,
    *,
    now: datetime,
    id: str = "",
    name: str = "",
    project_id: ProjectId | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Note that the caller did something: `record(tx, caller, "delete", "job", id=job.id, name=job.name, now=now)`.

    `action` is a verb, `object_type` a word of the handbook in snake case; `details` never holds secrets. The project
    is the caller's selected one unless another is given.
    """
    entry = audit_entry(caller, action, object_type, now=now, id=id, name=name, project_id=project_id, details=details)
    await store.insert_entry(tx, entry)


async def record_all(tx: Tx, entries: Sequence[AuditEntry]) -> None:
    """Note many things at once."""
    await store.insert_entries(tx, entries)


def audit_entry(
    caller: Caller,
    action: str,
    object_type: str,
    *,
    now: datetime,
    id: str = "",
    name: str = "",
    project_id: ProjectId | None = None,
    details: Mapping[str, object] | None = None,
) -> AuditEntry:
    """Return what `record` stores."""
    if project_id is None and isinstance(caller, CallerInProject):
        project_id = caller.project_id
    return AuditEntry(
        id=new_id(now),
        time=now,
        account_id=caller.account.id,
        username=caller.account.username,
        project_id=project_id,
        action=action,
        object_type=object_type,
        object_id=id,
        object_name=name,
        address=caller.address,
        details=dict(details or {}),
    )


async def list_entries(tx: Tx, filter: AuditFilter, cursor: Cursor) -> Slice[AuditEntry]:
    """Return a page of the audit log."""
    return await store.list_entries(tx, filter, cursor)

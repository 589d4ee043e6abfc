"""The audit log on the wire."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from eventline_api.audit_log.entry import AuditEntry


class AuditEntryView(BaseModel):
    """One thing that somebody did."""

    id: str
    time: datetime
    account_id: str | None = None
    username: str
    project_id: str | None = None
    action: str
    object_type: str
    object_id: str | None = None
    object_name: str | None = None
    address: str | None = None
    details: dict[str, Any]


def audit_entry_view(entry: AuditEntry) -> dict[str, object]:
    """Return the object of an entry; what is empty is omitted."""
    return {
        "id": entry.id,
        "time": entry.time,
        **({"account_id": entry.account_id} if entry.account_id else {}),
        "username": entry.username,
        **({"project_id": entry.project_id} if entry.project_id else {}),
        "action": entry.action,
        "object_type": entry.object_type,
        **({"object_id": entry.object_id} if entry.object_id else {}),
        **({"object_name": entry.object_name} if entry.object_name else {}),
        **({"address": entry.address} if entry.address else {}),
        "details": entry.details,
    }

"""The audit log on the wire."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from eventline_api.audit_log.entry import AuditEntry
from eventline_common.http.views import Id


class AuditEntryView(BaseModel):
    """One thing that somebody did."""

    id: Id
    time: datetime
    account_id: Id | None = None
    username: str = Field(examples=["bob"])
    project_id: Id | None = None
    action: str = Field(examples=["deploy"])
    object_type: str = Field(examples=["job"])
    object_id: Id | None = None
    object_name: str | None = Field(default=None, examples=["hello-world"])
    address: str | None = Field(default=None, description="Where the request came from.", examples=["192.0.2.9"])
    details: dict[str, Any] = Field(examples=[{"revision": 2}])


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

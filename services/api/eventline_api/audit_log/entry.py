"""Values of the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from eventline_common.ids import AccountId, ProjectId


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that somebody did."""

    id: str
    time: datetime
    account_id: AccountId | None
    username: str
    project_id: ProjectId | None
    action: str
    object_type: str
    object_id: str
    object_name: str
    address: str
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to list: None means any; `start` is included, `end` is not."""

    project_id: str | None = None
    account_id: str | None = None
    action: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None

"""Values of web sessions (contract service-config, section 13; G-81)."""

from dataclasses import dataclass
from datetime import datetime

from eventline_common.errors import NotFound
from eventline_common.ids import AccountId, ProjectId, SessionId


class UnknownSession(NotFound):
    """The account has no such web session."""

    code = "unknown_session"


@dataclass(frozen=True, slots=True)
class WebSession:
    """A login on the web interface, from one browser."""

    id: SessionId
    account_id: AccountId
    project_id: ProjectId | None
    creation_time: datetime
    last_use_time: datetime
    address: str
    user_agent: str

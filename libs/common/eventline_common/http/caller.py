"""Who is calling: values only."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from eventline_common.ids import AccountId, ProjectId


class Role(StrEnum):
    """What an account may do: everything in projects, or everything."""

    USER = "user"
    ADMIN = "admin"


class CredentialKind(StrEnum):
    """How a caller proved who they are."""

    API_KEY = "api_key"
    WEB_SESSION = "web_session"


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """Preferences; empty and 0 mean not set."""

    date_format: str = ""
    page_size: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """An account, as stored now: roles and settings are looked up for each request (G-54)."""

    id: AccountId
    creation_time: datetime
    username: str
    role: Role
    last_login_time: datetime | None
    last_project_id: ProjectId | None
    settings: AccountSettings


@dataclass(frozen=True, slots=True)
class Credential:
    """The API key or the web session that came with a request."""

    kind: CredentialKind
    id: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """The hash of an API key to look for, and the identifier of the project that is selected with it, if any."""

    key_hash: bytes
    project_id: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What the database knows about a credential and the selected project."""

    account: Account
    credential: Credential
    project_id: ProjectId | None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Anybody: the caller of a public route."""

    address: str


@dataclass(frozen=True, slots=True)
class Caller:
    """A known account."""

    account: Account
    credential: Credential
    address: str

    @property
    def page_size(self) -> int:
        """The number of elements of a page when none is asked for."""
        return self.account.settings.page_size or 20


@dataclass(frozen=True, slots=True)
class CallerInProject(Caller):
    """A known account that selected a project which exists."""

    project_id: ProjectId

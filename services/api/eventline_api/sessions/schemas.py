"""Web sessions on the wire; their tokens are shown once."""

from datetime import datetime

from pydantic import BaseModel, Field

from eventline_api.accounts.schemas import AccountView, account_view
from eventline_api.sessions.session import WebSession
from eventline_common.http.caller import Account
from eventline_common.http.callers import SESSION_PREFIX
from eventline_common.http.views import Id


class WebSessionView(BaseModel):
    """A web session."""

    id: Id
    account_id: Id
    project_id: Id | None = Field(default=None, description="The current project.")
    creation_time: datetime
    last_use_time: datetime
    address: str | None = Field(default=None, examples=["192.0.2.9"])
    user_agent: str | None = Field(default=None, examples=["Mozilla/5.0"])
    current: bool | None = Field(
        default=None, description="True for the session of the request, else absent.", examples=[True]
    )


class CreatedSessionView(BaseModel):
    """A new web session, its account, and the credential to send as a Bearer token, shown this one time."""

    session: WebSessionView
    account: AccountView
    key: str = Field(examples=["session:3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])


class CurrentSessionView(BaseModel):
    """The web session of the request and its account."""

    session: WebSessionView
    account: AccountView


class ProjectSelectionBody(BaseModel):
    """The project to work in."""

    project_id: Id


def session_view(session: WebSession, *, current: str = "") -> dict[str, object]:
    """Return the object of a web session; `current` is the id of the session of the request."""
    view: dict[str, object] = {"id": session.id, "account_id": session.account_id}
    if session.project_id is not None:
        view["project_id"] = session.project_id
    view["creation_time"] = session.creation_time
    view["last_use_time"] = session.last_use_time
    if session.address:
        view["address"] = session.address
    if session.user_agent:
        view["user_agent"] = session.user_agent
    if session.id == current:
        view["current"] = True
    return view


def created_session_view(session: WebSession, account: Account, token: str) -> dict[str, object]:
    """Return the answer to a login."""
    return {**current_session_view(session, account), "key": f"{SESSION_PREFIX}{token}"}


def current_session_view(session: WebSession, account: Account) -> dict[str, object]:
    """Return a session, which is the one of the request, with its account."""
    return {"session": session_view(session, current=session.id), "account": account_view(account)}

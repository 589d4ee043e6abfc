"""What can be done with web sessions."""

from datetime import datetime

from eventline_api.accounts.store import save_last_project
from eventline_api.api_keys.service import delete_api_key
from eventline_api.audit_log.service import record
from eventline_api.projects.store import get_project
from eventline_api.sessions import store
from eventline_api.sessions.session import UnknownSession, WebSession
from eventline_common.crypto.tokens import hash_token, new_token
from eventline_common.db.session import Tx
from eventline_common.http.caller import Caller, CredentialKind
from eventline_common.ids import ApiKeyId, ProjectId, SessionId, new_id

_USER_AGENT_LIMIT = 300


async def create_session(tx: Tx, caller: Caller, *, user_agent: str, now: datetime) -> tuple[WebSession, str]:
    """Start a web session in the account's last project and return it with its token."""
    token = new_token()
    session = WebSession(
        id=SessionId(new_id(now)),
        account_id=caller.account.id,
        project_id=caller.account.last_project_id,
        creation_time=now,
        last_use_time=now,
        address=caller.address,
        user_agent=user_agent[:_USER_AGENT_LIMIT],
    )
    await store.insert_session(tx, session, hash_token(token))
    await record(tx, caller, "create", "web_session", id=session.id, now=now)
    return session, token


async def current_session(tx: Tx, caller: Caller) -> WebSession:
    """Return the web session of a request; raise UnknownSession if it came with an API key."""
    return await store.get_session(tx, caller.account.id, _session_id(caller))


async def select_project(tx: Tx, caller: Caller, project_id: ProjectId) -> WebSession:
    """Make a project the current one, for this session and the next login; raise UnknownProject, UnknownSession."""
    id = _session_id(caller)
    await get_project(tx, project_id)
    session = await store.select_project(tx, caller.account.id, id, project_id)
    await save_last_project(tx, caller.account.id, project_id)
    return session


async def delete_session(tx: Tx, caller: Caller, id: SessionId, *, now: datetime) -> None:
    """End a web session of the caller; raise UnknownSession."""
    await store.delete_session(tx, caller.account.id, id)
    await record(tx, caller, "delete", "web_session", id=id, now=now)


async def log_out(tx: Tx, caller: Caller, *, now: datetime) -> None:
    """End whatever the request came with: its web session, or its API key."""
    if caller.credential.kind is CredentialKind.WEB_SESSION:
        await delete_session(tx, caller, SessionId(caller.credential.id), now=now)
    else:
        await delete_api_key(tx, caller, ApiKeyId(caller.credential.id), now=now)


def _session_id(caller: Caller) -> SessionId:
    if caller.credential.kind is not CredentialKind.WEB_SESSION:
        raise UnknownSession("the request came with an api key, not with a web session")
    return SessionId(caller.credential.id)

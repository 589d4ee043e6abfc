"""SQL of web sessions."""

from eventline_api.sessions.session import UnknownSession, WebSession
from eventline_common.db.session import Row, Tx
from eventline_common.http.paged_query import PagedQuery
from eventline_common.http.paging import Collection, Cursor, Slice, Sort
from eventline_common.ids import AccountId, ProjectId, SessionId

SESSIONS = Collection(
    sorts={
        "id": Sort.by_text("id", "id"),
        "creation_time": Sort.by_time("creation_time", "id", field="creation_time"),
        "last_use_time": Sort.by_time("last_use_time", "id", field="last_use_time"),
    },
    default_sort="creation_time",
)

_LIST = PagedQuery("SELECT * FROM web_sessions WHERE account_id = $1 AND {keyset}", SESSIONS, arguments=1)

_INSERT = """
INSERT INTO web_sessions (id, account_id, project_id, token_hash, creation_time, last_use_time, address, user_agent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def list_sessions(tx: Tx, account_id: AccountId, cursor: Cursor) -> Slice[WebSession]:
    """Return a page of the web sessions of an account."""
    return await _LIST.fetch(tx, cursor, account_id, read=_read)


async def get_session(tx: Tx, account_id: AccountId, id: SessionId) -> WebSession:
    """Return a web session of an account; raise UnknownSession."""
    row = await tx.fetchrow("SELECT * FROM web_sessions WHERE id = $1 AND account_id = $2", id, account_id)
    return _known(row, id)


async def insert_session(tx: Tx, session: WebSession, token_hash: bytes) -> None:
    """Add a web session."""
    await tx.execute(
        _INSERT,
        session.id,
        session.account_id,
        session.project_id,
        token_hash,
        session.creation_time,
        session.last_use_time,
        session.address,
        session.user_agent,
    )


async def select_project(tx: Tx, account_id: AccountId, id: SessionId, project_id: ProjectId) -> WebSession:
    """Make a project the current one of a web session; raise UnknownSession."""
    row = await tx.fetchrow(
        "UPDATE web_sessions SET project_id = $3 WHERE id = $1 AND account_id = $2 RETURNING *",
        id,
        account_id,
        project_id,
    )
    return _known(row, id)


async def delete_session(tx: Tx, account_id: AccountId, id: SessionId) -> WebSession:
    """End a web session of an account; raise UnknownSession."""
    row = await tx.fetchrow("DELETE FROM web_sessions WHERE id = $1 AND account_id = $2 RETURNING *", id, account_id)
    return _known(row, id)


def _known(row: Row | None, id: SessionId) -> WebSession:
    if row is None:
        raise UnknownSession(f'unknown session "{id}"')
    return _read(row)


def _read(row: Row) -> WebSession:
    return WebSession(
        id=SessionId(row["id"]),
        account_id=AccountId(row["account_id"]),
        project_id=ProjectId(row["project_id"]) if row["project_id"] else None,
        creation_time=row["creation_time"],
        last_use_time=row["last_use_time"],
        address=row["address"],
        user_agent=row["user_agent"],
    )

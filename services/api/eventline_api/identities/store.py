"""SQL of identities; what they hold is encrypted for their id (identities-connectors, section 4; G-35)."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg
import orjson

from eventline_api.identities.identity import (
    DuplicateIdentityName,
    Identity,
    IdentityStatus,
    IdentitySummary,
    UnknownIdentity,
)
from eventline_common.crypto.identities import IdentityCipher, UndecryptableIdentity
from eventline_common.db.session import Row, Tx
from eventline_common.http.callers import UnknownSelectedProject
from eventline_common.http.paged_query import PagedQuery
from eventline_common.http.paging import Collection, Cursor, Slice, Sort
from eventline_common.ids import IdentityId, ProjectId

IDENTITIES = Collection(
    sorts={"id": Sort.by_text("id", "id"), "name": Sort.by_text("name", "name")}, default_sort="name"
)

_LIST = PagedQuery("SELECT * FROM identities WHERE project_id = $1 AND {keyset}", IDENTITIES, arguments=1)

_INSERT = """
INSERT INTO identities (id, project_id, name, status, creation_time, update_time, connector, type, data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""

_UPDATE = """
UPDATE identities
SET name = $2, status = $3, error_message = NULL, refresh_time = NULL, last_refresh_time = NULL, refresh_failures = 0,
    refresh_error = NULL, update_time = $4, connector = $5, type = $6, data = $7
WHERE id = $1
RETURNING *
"""

_IS_USED = """
SELECT EXISTS (SELECT FROM subscriptions WHERE identity_id = $1)
    OR EXISTS (SELECT FROM project_notification_settings WHERE id = $2 AND slack_identity = $3)
    OR EXISTS (
        SELECT FROM jobs j JOIN job_revisions r ON r.id = j.current_revision_id
        WHERE j.project_id = $2
          AND (r.spec -> 'trigger' ->> 'identity' = $3 OR r.spec -> 'runner' ->> 'identity' = $3
               OR r.spec -> 'identities' ? $3))
"""


class IdentityStore:
    """Reads and writes identities; the cipher turns data into stored bytes and back."""

    def __init__(self, tx: Tx, cipher: IdentityCipher) -> None:
        self._tx = tx
        self._cipher = cipher

    async def list_identities(self, project_id: ProjectId, cursor: Cursor) -> Slice[Identity]:
        """Return a page of the identities of a project."""
        return await _LIST.fetch(self._tx, cursor, project_id, read=self._read)

    async def get_identity(self, project_id: ProjectId, id: IdentityId) -> Identity:
        """Return an identity; raise UnknownIdentity."""
        row = await self._tx.fetchrow("SELECT * FROM identities WHERE id = $1 AND project_id = $2", id, project_id)
        return self._read(_known(row, id))

    async def get_identity_by_name(self, project_id: ProjectId, name: str) -> Identity:
        """Return an identity; raise UnknownIdentity."""
        row = await self._tx.fetchrow("SELECT * FROM identities WHERE project_id = $1 AND name = $2", project_id, name)
        return self._read(_known(row, name))

    async def insert_identity(self, identity: Identity) -> None:
        """Add an identity; raise DuplicateIdentityName, UnknownSelectedProject if the project was just deleted."""
        summary = identity.summary
        try:
            await self._tx.execute(
                _INSERT,
                summary.id,
                summary.project_id,
                summary.name,
                summary.status.value,
                summary.creation_time,
                summary.update_time,
                summary.connector,
                summary.type,
                self._encrypt(summary.id, identity.data),
            )
        except asyncpg.UniqueViolationError as error:
            raise DuplicateIdentityName(summary.name) from error
        except asyncpg.ForeignKeyViolationError as error:
            raise UnknownSelectedProject(f'unknown project "{summary.project_id}"') from error

    async def update_identity(self, identity: Identity) -> Identity:
        """Replace name, type and data; errors and refresh times are cleared. Raise DuplicateIdentityName."""
        summary = identity.summary
        try:
            row = await self._tx.fetchrow(
                _UPDATE,
                summary.id,
                summary.name,
                summary.status.value,
                summary.update_time,
                summary.connector,
                summary.type,
                self._encrypt(summary.id, identity.data),
            )
        except asyncpg.UniqueViolationError as error:
            raise DuplicateIdentityName(summary.name) from error
        return self._read(_known(row, summary.id))

    def _encrypt(self, id: IdentityId, data: Mapping[str, object]) -> bytes:
        return encrypted(self._cipher, id, data)

    def _read(self, row: Row) -> Identity:
        return Identity(summary=read_summary(row), data=decrypted(self._cipher, row))


def encrypted(cipher: IdentityCipher, id: IdentityId, data: Mapping[str, object]) -> bytes:
    """Return what is stored of the data of an identity."""
    return cipher.encrypt(orjson.dumps(data), context=id)


def decrypted(cipher: IdentityCipher, row: Row) -> Mapping[str, object]:
    """Return the data of an identity in clear; raise UndecryptableIdentity, which names the identity."""
    try:
        data: Mapping[str, object] = orjson.loads(cipher.decrypt(row["data"], context=row["id"]))
    except UndecryptableIdentity as error:
        raise type(error)(f'identity "{row["name"]}": {error}') from error
    return data


async def list_summaries(tx: Tx, project_id: ProjectId, cursor: Cursor) -> Slice[IdentitySummary]:
    """Return a page of the identities of a project, without their data."""
    return await _LIST.fetch(tx, cursor, project_id, read=read_summary)


async def lock_summary(tx: Tx, project_id: ProjectId, id: IdentityId) -> IdentitySummary:
    """Return an identity that nobody else changes until the transaction ends; raise UnknownIdentity."""
    row = await tx.fetchrow("SELECT * FROM identities WHERE id = $1 AND project_id = $2 FOR UPDATE", id, project_id)
    return read_summary(_known(row, id))


async def is_used(tx: Tx, identity: IdentitySummary) -> bool:
    """Tell whether a subscription, the current revision of a job, or notifications refer to an identity."""
    used: bool = await tx.fetchval(_IS_USED, identity.id, identity.project_id, identity.name)
    return used


async def save_refresh_time(tx: Tx, id: IdentityId, time: datetime) -> None:
    """Set when the connectors refresh an identity."""
    await tx.execute("UPDATE identities SET refresh_time = $2 WHERE id = $1", id, time)


async def delete_oauth2_states(tx: Tx, id: IdentityId) -> None:
    """End the authorizations of an identity that have been started and not completed."""
    await tx.execute("DELETE FROM oauth2_states WHERE identity_id = $1", id)


async def delete_identity(tx: Tx, id: IdentityId) -> None:
    """Delete an identity."""
    await tx.execute("DELETE FROM identities WHERE id = $1", id)


def _known(row: Row | None, reference: str) -> Row:
    if row is None:
        raise UnknownIdentity(f'unknown identity "{reference[:100]}"')
    return row


def read_summary(row: Row) -> IdentitySummary:
    """Return what a row says without decrypting anything."""
    return IdentitySummary(
        id=IdentityId(row["id"]),
        project_id=ProjectId(row["project_id"]),
        name=row["name"],
        status=IdentityStatus(row["status"]),
        error_message=row["error_message"] or "",
        creation_time=row["creation_time"],
        update_time=row["update_time"],
        last_use_time=row["last_use_time"],
        refresh_time=row["refresh_time"],
        connector=row["connector"],
        type=row["type"],
        last_refresh_time=row["last_refresh_time"],
        refresh_error=row["refresh_error"] or "",
    )

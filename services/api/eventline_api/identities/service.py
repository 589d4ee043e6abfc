"""What can be done with identities."""

from datetime import datetime

from eventline_api.audit_log.service import record
from eventline_api.identities import store
from eventline_api.identities.identity import (
    Identity,
    IdentityInUse,
    IdentityNotRefreshable,
    IdentityStatus,
    IdentitySummary,
    NewIdentity,
    refresh_problem,
)
from eventline_api.identities.store import IdentityStore
from eventline_common.bus import Subjects
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.session import Tx
from eventline_common.http.caller import CallerInProject
from eventline_common.http.transactions import Announcements
from eventline_common.ids import IdentityId, new_id


async def create_identity(
    tx: Tx, caller: CallerInProject, new: NewIdentity, cipher: IdentityCipher, *, now: datetime
) -> Identity:
    """Create an identity, ready at once or pending, depending on its type; raise DuplicateIdentityName."""
    identity = _identity(IdentityId(new_id(now)), caller, new, creation_time=now, last_use_time=None, now=now)
    await IdentityStore(tx, cipher).insert_identity(identity)
    details = {"connector": new.kind.connector, "type": new.kind.name}
    await record(tx, caller, "create", "identity", id=identity.summary.id, name=new.name, details=details, now=now)
    return identity


async def update_identity(
    tx: Tx, caller: CallerInProject, id: IdentityId, new: NewIdentity, cipher: IdentityCipher, *, now: datetime
) -> Identity:
    """Replace an identity, which is ready or pending again, without any error (G-31); its authorizations end.

    Raises UnknownIdentity, IdentityInUse, DuplicateIdentityName.
    """
    previous = await store.lock_summary(tx, caller.project_id, id)
    if new.name != previous.name and await store.is_used(tx, previous):
        raise IdentityInUse(previous.name)
    identity = _identity(
        id, caller, new, creation_time=previous.creation_time, last_use_time=previous.last_use_time, now=now
    )
    updated = await IdentityStore(tx, cipher).update_identity(identity)
    await store.delete_oauth2_states(tx, id)
    details = {"previous_name": previous.name, "connector": new.kind.connector, "type": new.kind.name}
    await record(tx, caller, "update", "identity", id=id, name=new.name, details=details, now=now)
    return updated


async def delete_identity(tx: Tx, caller: CallerInProject, id: IdentityId, *, now: datetime) -> None:
    """Delete an identity; raise UnknownIdentity, IdentityInUse."""
    identity = await store.lock_summary(tx, caller.project_id, id)
    if await store.is_used(tx, identity):
        raise IdentityInUse(identity.name)
    await store.delete_identity(tx, id)
    await record(tx, caller, "delete", "identity", id=id, name=identity.name, now=now)


async def refresh_identity(
    tx: Tx,
    caller: CallerInProject,
    id: IdentityId,
    cipher: IdentityCipher,
    announcements: Announcements,
    subjects: Subjects,
    *,
    now: datetime,
) -> None:
    """Ask the connectors to refresh an identity now; raise UnknownIdentity, IdentityNotRefreshable."""
    await store.lock_summary(tx, caller.project_id, id)
    identity = await IdentityStore(tx, cipher).get_identity(caller.project_id, id)
    name = identity.summary.name
    if problem := refresh_problem(identity):
        raise IdentityNotRefreshable(f'identity "{name}" cannot be refreshed: {problem}')
    await store.save_refresh_time(tx, id, now)
    announcements.add(subjects.subscription())
    await record(tx, caller, "refresh", "identity", id=id, name=name, now=now)


def _identity(
    id: IdentityId,
    caller: CallerInProject,
    new: NewIdentity,
    *,
    creation_time: datetime,
    last_use_time: datetime | None,
    now: datetime,
) -> Identity:
    summary = IdentitySummary(
        id=id,
        project_id=caller.project_id,
        name=new.name,
        status=IdentityStatus.PENDING if new.kind.deferred else IdentityStatus.READY,
        error_message="",
        creation_time=creation_time,
        update_time=now,
        last_use_time=last_use_time,
        refresh_time=None,
        connector=new.kind.connector,
        type=new.kind.name,
    )
    return Identity(summary=summary, data=new.data)

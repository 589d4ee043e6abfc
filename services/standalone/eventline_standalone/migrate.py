"""`eventline migrate`: moves the schema of the database; the only thing here that knows alembic."""

import time
from dataclasses import dataclass

from alembic.util import CommandError
from asyncpg import CannotConnectNowError, PostgresError
from sqlalchemy.exc import SQLAlchemyError

from eventline_common.db.migrate import current_revision, downgrade, head_revision, upgrade
from eventline_standalone.summary import without_password
from eventline_standalone.terminal import Terminal

PAUSE = 0.2
AWAY = (OSError, CannotConnectNowError)
REFUSED = (*AWAY, PostgresError, SQLAlchemyError, CommandError, ValueError)


@dataclass(frozen=True)
class Migration:
    """What to do with the schema: `up` (to the newest, or to `revision`) or `down` to `revision`."""

    uri: str
    direction: str = "up"
    revision: str | None = None
    wait: float = 0.0


def migrate(migration: Migration, terminal: Terminal) -> int:
    """Move the schema and say where it is now; return 0, or 1 with a sentence on standard error."""
    where = without_password(migration.uri)
    try:
        before = find_revision(migration.uri, wait=migration.wait)
        if migration.direction == "up":
            upgrade(migration.uri, migration.revision or "head")
        else:
            downgrade(migration.uri, migration.revision or "-1")
        after = current_revision(migration.uri)
    except REFUSED as error:
        terminal.complain(f"cannot migrate {where}: {str(error).strip() or type(error).__name__}")
        return 1
    moved = f"moved from {before or 'nothing'} to {after or 'nothing'}" if before != after else f"already at {after}"
    terminal.say(f"{where}: {moved} (newest known: {head_revision()})")
    return 0


def find_revision(uri: str, *, wait: float) -> str | None:
    """Give the present revision; when the server cannot be reached, try again for `wait` seconds."""
    deadline = time.monotonic() + wait
    while True:
        try:
            return current_revision(uri)
        except AWAY:
            if time.monotonic() >= deadline:
                raise
            time.sleep(PAUSE)

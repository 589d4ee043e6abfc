"""What a fresh platform starts with: one account if there is none, one project if there is none (G-53)."""

from datetime import datetime

from eventline_api.accounts.store import insert_account
from eventline_api.passwords import Passwords
from eventline_api.projects.project import Project
from eventline_api.projects.store import insert_project
from eventline_api.start import store
from eventline_common.db.session import Database, Tx
from eventline_common.http.caller import Role
from eventline_common.ids import AccountId, ProjectId, new_id
from eventline_common.logging import get_logger

DEFAULT_USERNAME = "admin"
DEFAULT_PASSWORD = "admin"  # noqa: S105 - published in the handbook, to be changed at once
DEFAULT_PROJECT = "main"


async def bootstrap(database: Database, passwords: Passwords, *, now: datetime) -> None:
    """Create the default account and the default project where there are none; replicas take turns."""
    async with database.transaction() as tx:
        await store.lock_bootstrap(tx)
        project_id = await create_default_project(tx, now=now)
        if await store.has_accounts(tx):
            return
        password_hash = await passwords.hash(DEFAULT_PASSWORD)
        id = AccountId(new_id(now))
        await insert_account(tx, id, username=DEFAULT_USERNAME, password_hash=password_hash, role=Role.ADMIN, now=now)
    get_logger("api").info("default_account_created", username=DEFAULT_USERNAME, project_id=project_id)


async def create_default_project(tx: Tx, *, now: datetime) -> ProjectId | None:
    """Create the project `main` and return its id, unless there is a project."""
    await store.lock_bootstrap(tx)
    if await store.has_projects(tx):
        return None
    project = Project(ProjectId(new_id(now)), DEFAULT_PROJECT, now, now)
    await insert_project(tx, project)
    return project.id

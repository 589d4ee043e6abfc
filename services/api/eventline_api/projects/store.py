"""SQL of projects and their settings."""

from datetime import datetime

import asyncpg

from eventline_api.projects.channels import Channels
from eventline_api.projects.project import (
    DuplicateProjectName,
    NotificationSettings,
    Project,
    ProjectSettings,
    UnknownProject,
)
from eventline_common.db.session import Row, Tx
from eventline_common.http.paged_query import PagedQuery
from eventline_common.http.paging import Collection, Cursor, Slice, Sort
from eventline_common.ids import ProjectId

PROJECTS = Collection(sorts={"id": Sort.by_text("id", "id"), "name": Sort.by_text("name", "name")}, default_sort="name")

_LIST = PagedQuery("SELECT * FROM projects WHERE {keyset}", PROJECTS, arguments=0)

_INSERT = "INSERT INTO projects (id, name, creation_time, update_time) VALUES ($1, $2, $3, $3)"

_RENAME = "UPDATE projects SET name = $2, update_time = $3 WHERE id = $1 RETURNING *"

_SAVE_NOTIFICATION_SETTINGS = """
UPDATE project_notification_settings
SET on_successful_job = $2, on_first_successful_job = $3, on_failed_job = $4, on_aborted_job = $5,
    on_identity_refresh_error = $6, on_missed_run = $7, email_addresses = $8, webhook_uri = $9, webhook_secret = $10,
    slack_identity = $11, slack_channel = $12, slack_webhook_uri = $13
WHERE id = $1
"""

_TERMINATE_SUBSCRIPTIONS = """
UPDATE subscriptions SET status = 'terminating', update_delay = 0, next_update_time = NULL WHERE project_id = $1
"""

# Those that a subscription still needs to end are kept, without project, until the connectors have ended it.
_DELETE_IDENTITIES = """
DELETE FROM identities i
WHERE i.project_id = $1 AND NOT EXISTS (SELECT FROM subscriptions s WHERE s.identity_id = i.id)
"""


async def list_projects(tx: Tx, cursor: Cursor) -> Slice[Project]:
    """Return a page of the projects."""
    return await _LIST.fetch(tx, cursor, read=_read)


async def get_project(tx: Tx, id: ProjectId) -> Project:
    """Return a project; raise UnknownProject."""
    row = await tx.fetchrow("SELECT * FROM projects WHERE id = $1", id)
    if row is None:
        raise UnknownProject(f'unknown project "{id}"')
    return _read(row)


async def lock_project(tx: Tx, id: ProjectId) -> Project:
    """Return a project that nobody else changes until the transaction ends; raise UnknownProject."""
    row = await tx.fetchrow("SELECT * FROM projects WHERE id = $1 FOR UPDATE", id)
    if row is None:
        raise UnknownProject(f'unknown project "{id}"')
    return _read(row)


async def get_project_by_name(tx: Tx, name: str) -> Project:
    """Return a project; raise UnknownProject."""
    row = await tx.fetchrow("SELECT * FROM projects WHERE name = $1", name)
    if row is None:
        raise UnknownProject(f'unknown project "{name[:100]}"')
    return _read(row)


async def insert_project(tx: Tx, project: Project) -> None:
    """Add a project with default settings; raise DuplicateProjectName."""
    try:
        await tx.execute(_INSERT, project.id, project.name, project.creation_time)
    except asyncpg.UniqueViolationError as error:
        raise DuplicateProjectName(project.name) from error
    await tx.execute(
        "INSERT INTO project_settings (id, code_header) VALUES ($1, $2)", project.id, ProjectSettings().code_header
    )
    await tx.execute("INSERT INTO project_notification_settings (id) VALUES ($1)", project.id)


async def rename_project(tx: Tx, id: ProjectId, name: str, *, now: datetime) -> Project:
    """Give a project a name; raise UnknownProject, DuplicateProjectName."""
    try:
        row = await tx.fetchrow(_RENAME, id, name, now)
    except asyncpg.UniqueViolationError as error:
        raise DuplicateProjectName(name) from error
    if row is None:
        raise UnknownProject(f'unknown project "{id}"')
    return _read(row)


async def terminate_subscriptions(tx: Tx, id: ProjectId) -> int:
    """Ask the connectors to end every subscription of a project; return how many there are."""
    status = await tx.execute(_TERMINATE_SUBSCRIPTIONS, id)
    return int(status.rsplit(" ", 1)[1])


async def delete_project(tx: Tx, id: ProjectId) -> None:
    """Delete a project with everything in it."""
    await tx.execute(_DELETE_IDENTITIES, id)
    await tx.execute("DELETE FROM projects WHERE id = $1", id)


async def get_settings(tx: Tx, id: ProjectId) -> ProjectSettings:
    """Return the settings of a project; raise UnknownProject."""
    header = await tx.fetchval("SELECT code_header FROM project_settings WHERE id = $1", id)
    if header is None:
        raise UnknownProject(f'unknown project "{id}"')
    return ProjectSettings(header)


async def save_settings(tx: Tx, id: ProjectId, settings: ProjectSettings) -> None:
    """Store the settings of a project."""
    await tx.execute("UPDATE project_settings SET code_header = $2 WHERE id = $1", id, settings.code_header)


async def get_notification_settings(tx: Tx, id: ProjectId) -> NotificationSettings:
    """Return the notification settings of a project; raise UnknownProject."""
    row = await tx.fetchrow("SELECT * FROM project_notification_settings WHERE id = $1", id)
    if row is None:
        raise UnknownProject(f'unknown project "{id}"')
    return NotificationSettings(
        on_successful_job=row["on_successful_job"],
        on_first_successful_job=row["on_first_successful_job"],
        on_failed_job=row["on_failed_job"],
        on_aborted_job=row["on_aborted_job"],
        on_identity_refresh_error=row["on_identity_refresh_error"],
        on_missed_run=row["on_missed_run"],
        email_addresses=tuple(row["email_addresses"]),
        channels=Channels(
            webhook_uri=row["webhook_uri"],
            webhook_secret=row["webhook_secret"],
            slack_identity=row["slack_identity"],
            slack_channel=row["slack_channel"],
            slack_webhook_uri=row["slack_webhook_uri"],
        ),
    )


async def save_notification_settings(tx: Tx, id: ProjectId, settings: NotificationSettings) -> None:
    """Store the notification settings of a project."""
    await tx.execute(
        _SAVE_NOTIFICATION_SETTINGS,
        id,
        settings.on_successful_job,
        settings.on_first_successful_job,
        settings.on_failed_job,
        settings.on_aborted_job,
        settings.on_identity_refresh_error,
        settings.on_missed_run,
        list(settings.email_addresses),
        settings.channels.webhook_uri,
        settings.channels.webhook_secret,
        settings.channels.slack_identity,
        settings.channels.slack_channel,
        settings.channels.slack_webhook_uri,
    )


async def find_slack_identity_type(tx: Tx, id: ProjectId, name: str) -> tuple[str, str] | None:
    """Return connector and type of an identity, which nobody renames or deletes until the transaction ends."""
    row = await tx.fetchrow(
        "SELECT connector, type FROM identities WHERE project_id = $1 AND name = $2 FOR SHARE", id, name
    )
    return None if row is None else (row["connector"], row["type"])


def _read(row: Row) -> Project:
    return Project(ProjectId(row["id"]), row["name"], row["creation_time"], row["update_time"])

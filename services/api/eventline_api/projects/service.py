"""What can be done with projects."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from eventline_api.audit_log.service import record
from eventline_api.projects import store
from eventline_api.projects.channels import ChannelChanges
from eventline_api.projects.project import (
    Configuration,
    NewConfiguration,
    NotificationSettings,
    Project,
    ProjectSettings,
)
from eventline_common.bus import Subjects
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.crypto.project_secrets import SLACK_WEBHOOK_URI, WEBHOOK_SECRET, encrypt_project_secret
from eventline_common.db.session import Tx
from eventline_common.http.caller import Caller
from eventline_common.http.readers import refuse_errors
from eventline_common.http.transactions import Announcements
from eventline_common.ids import ProjectId, new_id

_SLACK_BOT = ("slack", "oauth2_bot")


async def create_project(tx: Tx, caller: Caller, name: str, *, now: datetime) -> Project:
    """Create a project with default settings; raise DuplicateProjectName."""
    project = Project(ProjectId(new_id(now)), name, now, now)
    await store.insert_project(tx, project)
    await record(tx, caller, "create", "project", id=project.id, name=name, project_id=project.id, now=now)
    return project


async def update_project(tx: Tx, caller: Caller, id: ProjectId, name: str, *, now: datetime) -> Project:
    """Rename a project; raise UnknownProject, DuplicateProjectName. Keeping the name is fine."""
    previous = await store.lock_project(tx, id)
    project = await store.rename_project(tx, id, name, now=now)
    await record(
        tx,
        caller,
        "update",
        "project",
        id=id,
        name=name,
        project_id=id,
        details={"previous_name": previous.name},
        now=now,
    )
    return project


async def delete_project(
    tx: Tx, caller: Caller, id: ProjectId, announcements: Announcements, subjects: Subjects, *, now: datetime
) -> None:
    """Delete a project and all that is in it; the connectors end its subscriptions. Raise UnknownProject."""
    project = await store.lock_project(tx, id)
    if await store.terminate_subscriptions(tx, id):
        announcements.add(subjects.subscription())
    await store.delete_project(tx, id)
    await record(tx, caller, "delete", "project", id=id, name=project.name, project_id=id, now=now)


async def save_settings(tx: Tx, caller: Caller, id: ProjectId, settings: ProjectSettings, *, now: datetime) -> None:
    """Store settings; raise UnknownProject."""
    project = await store.lock_project(tx, id)
    await store.save_settings(tx, id, settings)
    await record(tx, caller, "update", "project_settings", id=id, name=project.name, project_id=id, now=now)


async def save_notification_settings(
    tx: Tx,
    caller: Caller,
    id: ProjectId,
    settings: NotificationSettings,
    changes: ChannelChanges,
    cipher: IdentityCipher,
    *,
    now: datetime,
) -> NotificationSettings:
    """Store notification settings and return them; raise UnknownProject, InvalidRequestBody."""
    project = await store.lock_project(tx, id)
    stored = await store.get_notification_settings(tx, id)
    channels = changes.apply(
        stored.channels,
        encrypt_secret=partial(encrypt_project_secret, cipher, project_id=id, member=WEBHOOK_SECRET),
        encrypt_slack_uri=partial(encrypt_project_secret, cipher, project_id=id, member=SLACK_WEBHOOK_URI),
    )
    await _check_slack_identity(tx, id, channels.slack_identity, changes)
    refuse_errors(changes.place)
    settings = replace(settings, channels=channels)
    await store.save_notification_settings(tx, id, settings)
    await record(
        tx, caller, "update", "project_notification_settings", id=id, name=project.name, project_id=id, now=now
    )
    return settings


async def _check_slack_identity(tx: Tx, id: ProjectId, name: str | None, changes: ChannelChanges) -> None:
    if name is None:
        return
    found = await store.find_slack_identity_type(tx, id, name)
    if found is None:
        changes.place.wrong("slack_identity", "unknown_identity", f'the project has no identity "{name[:100]}"')
    elif found != _SLACK_BOT:
        changes.place.wrong(
            "slack_identity", "invalid_value", f'identity "{name}" is {"/".join(found)}; it must be slack/oauth2_bot'
        )


async def load_configuration(tx: Tx, id: ProjectId) -> tuple[Project, Configuration]:
    """Return a project and its configuration; raise UnknownProject."""
    project = await store.get_project(tx, id)
    settings = await store.get_settings(tx, id)
    notification_settings = await store.get_notification_settings(tx, id)
    return project, Configuration(project.name, settings, notification_settings)


async def configure(
    tx: Tx, caller: Caller, id: ProjectId, new: NewConfiguration, cipher: IdentityCipher, *, now: datetime
) -> tuple[Project, Configuration]:
    """Store everything about a project at once; raise UnknownProject, DuplicateProjectName, InvalidRequestBody."""
    configuration = new.configuration
    await update_project(tx, caller, id, configuration.name, now=now)
    await save_settings(tx, caller, id, configuration.settings, now=now)
    await save_notification_settings(
        tx, caller, id, configuration.notification_settings, new.channel_changes, cipher, now=now
    )
    return await load_configuration(tx, id)

"""Projects on the wire."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from eventline_api.projects.channels import Channels
from eventline_api.projects.project import Configuration, NotificationSettings, Project, ProjectSettings
from eventline_common.http.views import Id, Name
from eventline_common.ids import ProjectId

_HEADER = "#!/bin/sh\n\nset -eu\n\n"


class NewProject(BaseModel):
    """The body that creates or renames a project."""

    name: Name


class ProjectView(BaseModel):
    """A project."""

    id: Id
    name: Name
    creation_time: datetime
    update_time: datetime


class ProjectSettingsBody(BaseModel):
    """The settings of a project."""

    code_header: str = Field(
        pattern=r"^#![ \t]*/?[^\s\x00]",
        max_length=100_000,
        description="Starts every program that has no shebang.",
        examples=[_HEADER],
    )


class ProjectSettingsView(ProjectSettingsBody):
    """The settings of a project."""

    id: Id = Field(description="The identifier of the project.")


class _NotificationChannels(BaseModel):
    webhook_uri: str | None = Field(default=None, examples=["https://example.com/eventline"])
    slack_identity: str | None = Field(
        default=None,
        pattern=r"^([a-z0-9][a-z0-9\-_]*)?$",
        max_length=100,
        description="The name of an identity slack/oauth2_bot.",
        examples=["team-bot"],
    )
    slack_channel: str | None = Field(
        default=None,
        max_length=100,
        description="Where the identity posts; by default its incoming webhook.",
        examples=["#builds"],
    )


class NotificationSettingsBody(_NotificationChannels):
    """When notifications are sent, and to whom; absent booleans are false.

    What the last five members say about webhooks and Slack stays when they are absent; `null` or an empty string
    removes it. Secrets are never in answers.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"on_failed_job": True, "email_addresses": ["team@example.com"]}]}
    )

    on_successful_job: bool | None = False
    on_first_successful_job: bool | None = False
    on_failed_job: bool | None = False
    on_aborted_job: bool | None = False
    on_identity_refresh_error: bool | None = False
    on_missed_run: bool | None = False
    email_addresses: list[str] | None = Field(default=[], max_length=100)
    webhook_secret: str | None = Field(default=None, pattern=r"^([\s\S]{16,200})?$", description="Signs requests.")
    slack_webhook_uri: str | None = Field(default=None, description="An incoming webhook.")


class NotificationSettingsView(_NotificationChannels):
    """When notifications are sent, and to whom; of secrets only the word that there is one."""

    id: Id = Field(description="The identifier of the project.")
    on_successful_job: bool
    on_first_successful_job: bool = Field(description="The first success after a failure.")
    on_failed_job: bool = Field(examples=[True])
    on_aborted_job: bool = Field(examples=[True])
    on_identity_refresh_error: bool = Field(examples=[True])
    on_missed_run: bool = Field(examples=[True])
    email_addresses: list[str] = Field(examples=[["team@example.com"]])
    webhook_secret_set: bool = Field(default=False, description="Only present when true.", examples=[True])
    slack_webhook_uri_set: bool = Field(default=False, description="Only present when true.", examples=[True])


class ConfigurationBody(BaseModel):
    """Everything that can be configured about a project."""

    project: NewProject
    project_settings: ProjectSettingsBody
    project_notification_settings: NotificationSettingsBody


class ConfigurationView(BaseModel):
    """A project and everything that is configured about it."""

    project: ProjectView
    project_settings: ProjectSettingsView
    project_notification_settings: NotificationSettingsView


def project_view(project: Project) -> dict[str, object]:
    """Return the object of a project."""
    return {
        "id": project.id,
        "name": project.name,
        "creation_time": project.creation_time,
        "update_time": project.update_time,
    }


def settings_view(id: ProjectId, settings: ProjectSettings) -> dict[str, object]:
    """Return the object of a project's settings."""
    return {"id": id, "code_header": settings.code_header}


def notification_settings_view(id: ProjectId, settings: NotificationSettings) -> dict[str, object]:
    """Return the object of a project's notification settings."""
    return {
        "id": id,
        "on_successful_job": settings.on_successful_job,
        "on_first_successful_job": settings.on_first_successful_job,
        "on_failed_job": settings.on_failed_job,
        "on_aborted_job": settings.on_aborted_job,
        "on_identity_refresh_error": settings.on_identity_refresh_error,
        "on_missed_run": settings.on_missed_run,
        "email_addresses": list(settings.email_addresses),
        **_channels_view(settings.channels),
    }


def _channels_view(channels: Channels) -> dict[str, object]:
    """Return the members of the channels that there are; secrets only as the word that there is one."""
    members = {
        "webhook_uri": channels.webhook_uri,
        "webhook_secret_set": channels.webhook_secret is not None or None,
        "slack_identity": channels.slack_identity,
        "slack_channel": channels.slack_channel,
        "slack_webhook_uri_set": channels.slack_webhook_uri is not None or None,
    }
    return {name: value for name, value in members.items() if value is not None}


def configuration_view(project: Project, configuration: Configuration) -> dict[str, object]:
    """Return the object of a project's configuration."""
    return {
        "project": project_view(project),
        "project_settings": settings_view(project.id, configuration.settings),
        "project_notification_settings": notification_settings_view(project.id, configuration.notification_settings),
    }

"""Projects on the wire."""

from datetime import datetime

from pydantic import BaseModel, Field

from eventline_api.projects.project import Configuration, NotificationSettings, Project, ProjectSettings
from eventline_common.ids import ProjectId


class NewProject(BaseModel):
    """The body that creates or renames a project."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9\-_]*$", examples=["main"])


class ProjectView(BaseModel):
    """A project."""

    id: str
    name: str
    creation_time: datetime
    update_time: datetime


class ProjectSettingsView(BaseModel):
    """The settings of a project."""

    id: str | None = Field(default=None, description="The identifier of the project; ignored in requests.")
    code_header: str = Field(pattern="^#!", examples=["#!/bin/sh\n\nset -eu\n\n"])


class NotificationSettingsView(BaseModel):
    """When notifications are sent, and to whom; absent booleans in requests are false."""

    id: str | None = Field(default=None, description="The identifier of the project; ignored in requests.")
    on_successful_job: bool = False
    on_first_successful_job: bool = False
    on_failed_job: bool = False
    on_aborted_job: bool = False
    on_identity_refresh_error: bool = False
    on_missed_run: bool = False
    email_addresses: list[str] = Field(default=[], examples=[["team@example.com"]])


class ConfigurationBody(BaseModel):
    """Everything that can be configured about a project."""

    project: NewProject
    project_settings: ProjectSettingsView
    project_notification_settings: NotificationSettingsView


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
    }


def configuration_view(project: Project, configuration: Configuration) -> dict[str, object]:
    """Return the object of a project's configuration."""
    return {
        "project": project_view(project),
        "project_settings": settings_view(project.id, configuration.settings),
        "project_notification_settings": notification_settings_view(project.id, configuration.notification_settings),
    }

"""Values and decisions about projects."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.utils import parseaddr

from eventline_api.projects.channels import ChannelChanges, Channels
from eventline_common.domain.validation import Reader
from eventline_common.errors import InvalidValue, NotFound
from eventline_common.http.readers import read_object, refuse_errors
from eventline_common.ids import ProjectId

CODE_HEADER = "#!/bin/sh\n\nset -eu\n\n"
_CODE_HEADER_LIMIT = 100_000
_RECIPIENT_LIMIT = 100
_SHEBANG = re.compile(r"#![ \t]*/?[^\s\x00]")


class UnknownProject(NotFound):
    """No such project."""

    code = "unknown_project"


class DuplicateProjectName(InvalidValue):
    """Another project has that name."""

    code = "duplicate_project_name"

    def __init__(self, name: str) -> None:
        super().__init__(f'there is already a project named "{name}"')


@dataclass(frozen=True, slots=True)
class Project:
    """What keeps jobs and identities apart from others (handbook, chapter 7)."""

    id: ProjectId
    name: str
    creation_time: datetime
    update_time: datetime


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """How the code of a project's jobs is run."""

    code_header: str = CODE_HEADER

    @classmethod
    def read(cls, reader: Reader) -> "ProjectSettings":
        """Read and check settings from a body."""
        header = reader.bounded("code_header", 0, _CODE_HEADER_LIMIT)
        if _SHEBANG.match(header) is None:
            reader.wrong("code_header", "invalid_shebang", 'code header must start with a shebang such as "#!/bin/sh"')
        return cls(header)


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """When people are told, and who (handbook 7.3)."""

    on_successful_job: bool = False
    on_first_successful_job: bool = False
    on_failed_job: bool = True
    on_aborted_job: bool = True
    on_identity_refresh_error: bool = True
    on_missed_run: bool = True
    email_addresses: Sequence[str] = ()
    channels: Channels = field(default_factory=Channels)

    @classmethod
    def read(cls, reader: Reader, *, domains: Collection[str]) -> "NotificationSettings":
        """Read and check settings from a body; `domains` lists those allowed for recipients, none meaning all.

        Channels are not in it: what a body says about them depends on what is stored, see `ChannelChanges`.
        """
        settings = cls(
            on_successful_job=reader.boolean("on_successful_job"),
            on_first_successful_job=reader.boolean("on_first_successful_job"),
            on_failed_job=reader.boolean("on_failed_job"),
            on_aborted_job=reader.boolean("on_aborted_job"),
            on_identity_refresh_error=reader.boolean("on_identity_refresh_error"),
            on_missed_run=reader.boolean("on_missed_run"),
            email_addresses=tuple(reader.texts("email_addresses")),
        )
        if len(settings.email_addresses) > _RECIPIENT_LIMIT:
            reader.wrong("email_addresses", "invalid_value", f"there can be at most {_RECIPIENT_LIMIT} addresses")
            return settings
        addresses = Reader({}, (*reader.tokens, "email_addresses"), reader.errors)
        for index, address in enumerate(settings.email_addresses):
            _check_address(addresses, index, address, domains=domains)
        return settings


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything that can be configured about a project at once."""

    name: str
    settings: ProjectSettings
    notification_settings: NotificationSettings


@dataclass(frozen=True, slots=True)
class NewConfiguration:
    """What a configuration is to become."""

    configuration: Configuration
    channel_changes: ChannelChanges


def read_project_name(body: object) -> str:
    """Read the body of a creation or an update; members other than the name are ignored."""
    reader = read_object(body)
    name = reader.name()
    refuse_errors(reader)
    return name


def read_configuration(body: object, *, domains: Collection[str]) -> NewConfiguration:
    """Read the three objects of a configuration (contract service-config, section 9)."""
    reader = read_object(body)
    names = ("project", "project_settings", "project_notification_settings")
    project, settings, notification_settings = (_required(reader, name) for name in names)
    configuration = Configuration(
        name=project.name() if project else "",
        settings=ProjectSettings.read(settings) if settings else ProjectSettings(),
        notification_settings=NotificationSettings.read(notification_settings, domains=domains)
        if notification_settings
        else NotificationSettings(),
    )
    changes = ChannelChanges.read(notification_settings or reader.at("project_notification_settings"))
    refuse_errors(reader)
    return NewConfiguration(configuration, changes)


def _required(reader: Reader, name: str) -> Reader | None:
    child = reader.child(name)
    if child is None:
        reader.wrong(name, "missing_or_null_value", "missing or null value")
    return child


def _check_address(addresses: Reader, index: int, text: str, *, domains: Collection[str]) -> None:
    domain = address_domain(text)
    if domain is None:
        addresses.wrong(str(index), "invalid_email_address", f'"{text[:200]}" is not an email address')
    elif domains and domain not in domains:
        addresses.wrong(
            str(index),
            "email_address_domain_not_allowed",
            f'email addresses in the domain "{domain}" are not allowed; allowed domains: {", ".join(sorted(domains))}',
        )


def address_domain(text: str) -> str | None:
    """Return the domain of an email address, which may carry a display name, or None if it is not an address."""
    if len(text) > 500 or any(character in text for character in "\r\n\x00"):
        return None
    _, specification = parseaddr(text)
    try:
        address = Address(addr_spec=specification)
    except (ValueError, IndexError):
        return None
    return address.domain if address.username and address.domain else None

"""Values and decisions about identities (contract http-api, section 10.8; identities-connectors, section 1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from eventline_common.catalog.identities import IdentityType, decode_identity_data, find_identity_type, initial_data
from eventline_common.errors import InvalidValue, NotFound
from eventline_common.http.readers import read_object, refuse_errors
from eventline_common.ids import IdentityId, ProjectId


class UnknownIdentity(NotFound):
    """The project has no such identity."""

    code = "unknown_identity"


class DuplicateIdentityName(InvalidValue):
    """Another identity of the project has that name."""

    code = "duplicate_identity_name"

    def __init__(self, name: str) -> None:
        super().__init__(f'there is already an identity named "{name}"')


class InvalidOAuth2Identity(InvalidValue):
    """The type needs a person with a browser."""

    code = "invalid_oauth2_identity"

    def __init__(self, kind: IdentityType) -> None:
        super().__init__(
            f"identities of the type {kind.reference} need a web browser: use the web interface, or POST"
            " /oauth2/identities"
        )


class IdentityInUse(InvalidValue):
    """A job or a subscription refers to the identity by its name."""

    code = "identity_in_use"

    def __init__(self, name: str) -> None:
        super().__init__(f'identity "{name}" is used by a job, a subscription or the notifications of the project')


class IdentityNotRefreshable(InvalidValue):
    """The identity has nothing to refresh, or is not ready."""

    code = "identity_not_refreshable"


class IdentityStatus(StrEnum):
    """Whether an identity can be used."""

    PENDING = "pending"
    READY = "ready"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySummary:
    """What is known about an identity without decrypting anything."""

    id: IdentityId
    project_id: ProjectId
    name: str
    status: IdentityStatus
    error_message: str
    creation_time: datetime
    update_time: datetime
    last_use_time: datetime | None
    refresh_time: datetime | None
    connector: str
    type: str
    last_refresh_time: datetime | None = None
    refresh_error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An identity with its data in clear."""

    summary: IdentitySummary
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class NewIdentity:
    """What an identity is to become."""

    name: str
    kind: IdentityType
    data: Mapping[str, object]


def read_new_identity(body: object) -> NewIdentity:
    """Read the body of a creation or an update; raise InvalidRequestBody, InvalidOAuth2Identity."""
    new = read_any_identity(body)
    if new.kind.deferred:
        raise InvalidOAuth2Identity(new.kind)
    return new


def read_any_identity(body: object) -> NewIdentity:
    """Read the body of a creation or an update of any type; raise InvalidRequestBody.

    What an initialization fills in does not come from clients.
    """
    reader = read_object(body)
    name, connector, type = reader.name(), reader.text("connector"), reader.text("type")
    kind = find_identity_type(connector, type)
    data, errors = decode_identity_data(connector, type, reader.value.get("data"))
    reader.errors.extend(errors)
    refuse_errors(reader)
    return NewIdentity(name, kind, initial_data(kind, data) if kind.deferred else data)


def refresh_problem(identity: Identity) -> str | None:
    """Say why there is nothing to refresh, if so."""
    summary = identity.summary
    if not find_identity_type(summary.connector, summary.type).refreshable:
        return f"identities of the type {summary.connector}/{summary.type} do not expire"
    if summary.status is not IdentityStatus.READY:
        return f"its status is {summary.status.value}"
    if not identity.data.get("refresh_token"):
        return "it has no refresh token: the provider gave none"
    return None

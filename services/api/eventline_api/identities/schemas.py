"""Identities and identity types on the wire (contract http-api, section 11)."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from eventline_api.identities.identity import Identity, IdentitySummary
from eventline_common.catalog.fields import IdentityField
from eventline_common.catalog.identities import IdentityType, secret_fields
from eventline_common.http.views import Id, Name


class NewIdentityBody(BaseModel):
    """The body that creates or replaces an identity."""

    name: Name
    connector: str = Field(examples=["generic"])
    type: str = Field(examples=["api_key"])
    data: dict[str, Any] = Field(
        description="The fields of the type; see `GET /identity_types`.", examples=[{"key": "secret"}]
    )


class IdentitySummaryView(BaseModel):
    """An identity, without its data."""

    id: Id
    project_id: Id
    name: Name
    status: Literal["ready", "pending", "error"]
    error_message: str | None = Field(default=None, examples=["the token has been revoked"])
    creation_time: datetime
    update_time: datetime
    last_use_time: datetime | None = None
    refresh_time: datetime | None = Field(default=None, description="The time of the next refresh.")
    last_refresh_time: datetime | None = Field(default=None, description="The time of the last successful refresh.")
    refresh_error: str | None = Field(
        default=None, description="Why the last refresh failed, if it did.", examples=["the provider did not answer"]
    )
    connector: str = Field(examples=["generic"])
    type: str = Field(examples=["api_key"])


class IdentityView(IdentitySummaryView):
    """An identity with its data in clear."""

    data: dict[str, Any] = Field(examples=[{"key": "secret"}])


class IdentityFieldView(BaseModel):
    """A field of the data of identities."""

    name: str = Field(examples=["scopes"])
    type: str = Field(description="How the value is written and shown.", examples=["string"])
    secret: bool = Field(description="Whether the value must be hidden.", examples=[False])
    verbatim: bool = Field(description="Whether the value is shown in a fixed-width font.", examples=[False])
    internal: bool = Field(description="Whether the server fills the field in.", examples=[False])
    optional: bool = Field(examples=[False])
    values: list[str] | None = Field(
        default=None, description="What the value may consist of.", examples=[["repo", "user"]]
    )
    preselected: list[str] | None = Field(default=None, examples=[["repo"]])
    variable: str | None = Field(
        default=None, description="The environment variable injected into executions.", examples=["AWS_ACCESS_KEY_ID"]
    )


class IdentityTypeView(BaseModel):
    """A type of identity."""

    connector: str = Field(examples=["github"])
    type: str = Field(examples=["oauth2"])
    deferred: bool = Field(
        description="Whether a web browser is needed before such identities are ready.", examples=[True]
    )
    refreshable: bool = Field(examples=[True])
    fields: list[IdentityFieldView]


class IdentityTypesView(BaseModel):
    """All types of identities."""

    elements: list[IdentityTypeView]


def summary_view(summary: IdentitySummary) -> dict[str, object]:
    """Return the object of an identity without its data."""
    view: dict[str, object] = {
        "id": summary.id,
        "project_id": summary.project_id,
        "name": summary.name,
        "status": summary.status.value,
    }
    if summary.error_message:
        view["error_message"] = summary.error_message
    view["creation_time"] = summary.creation_time
    view["update_time"] = summary.update_time
    if summary.last_use_time is not None:
        view["last_use_time"] = summary.last_use_time
    if summary.refresh_time is not None:
        view["refresh_time"] = summary.refresh_time
    if summary.last_refresh_time is not None:
        view["last_refresh_time"] = summary.last_refresh_time
    if summary.refresh_error:
        view["refresh_error"] = summary.refresh_error
    view["connector"] = summary.connector
    view["type"] = summary.type
    return view


def identity_view(identity: Identity, *, hidden: bool) -> dict[str, object]:
    """Return the object of an identity; its data are complete, as clients compare them (known-gaps, F).

    An operator may want secret fields to be `hidden` (G-73).
    """
    summary, data = identity.summary, identity.data
    if hidden:
        secret = secret_fields(summary.connector, summary.type)
        data = {name: value for name, value in data.items() if name not in secret}
    return {**summary_view(summary), "data": data}


def identity_type_view(kind: IdentityType) -> dict[str, object]:
    """Return the object of an identity type."""
    return {
        "connector": kind.connector,
        "type": kind.name,
        "deferred": kind.deferred,
        "refreshable": kind.refreshable,
        "fields": [_field_view(field) for field in kind.fields],
    }


def _field_view(field: IdentityField) -> dict[str, object]:
    view: dict[str, object] = {
        "name": field.name,
        "type": field.kind.value,
        "secret": field.secret,
        "verbatim": field.verbatim,
        "internal": field.internal,
        "optional": field.optional or field.internal,
    }
    if field.values:
        view["values"] = list(field.values)
    if field.preselected:
        view["preselected"] = list(field.preselected)
    if field.variable:
        view["variable"] = field.variable
    return view

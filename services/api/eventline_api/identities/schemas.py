"""Identities and identity types on the wire (contract http-api, section 11)."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from eventline_api.identities.identity import Identity, IdentitySummary
from eventline_common.catalog.fields import IdentityField
from eventline_common.catalog.identities import IdentityType


class NewIdentityBody(BaseModel):
    """The body that creates or replaces an identity."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9\-_]*$", examples=["deployment-key"])
    connector: str = Field(examples=["generic"])
    type: str = Field(examples=["api_key"])
    data: dict[str, Any] = Field(
        description="The fields of the type; see `GET /identity_types`.", examples=[{"key": "secret"}]
    )


class IdentitySummaryView(BaseModel):
    """An identity, without its data."""

    id: str
    project_id: str
    name: str
    status: Literal["pending", "ready", "error"]
    error_message: str | None = None
    creation_time: datetime
    update_time: datetime
    last_use_time: datetime | None = None
    refresh_time: datetime | None = Field(default=None, description="The time of the next refresh.")
    last_refresh_time: datetime | None = Field(default=None, description="The time of the last successful refresh.")
    refresh_error: str | None = Field(default=None, description="Why the last refresh failed, if it did.")
    connector: str
    type: str


class IdentityView(IdentitySummaryView):
    """An identity with its data in clear."""

    data: dict[str, Any]


class IdentityFieldView(BaseModel):
    """A field of the data of identities."""

    name: str
    type: str = Field(description="How the value is written and shown.", examples=["string"])
    secret: bool = Field(description="Whether the value must be hidden.")
    verbatim: bool = Field(description="Whether the value is shown in a fixed-width font.")
    internal: bool = Field(description="Whether the server fills the field in.")
    optional: bool
    values: list[str] | None = Field(default=None, description="What the value may consist of.")
    preselected: list[str] | None = None
    variable: str | None = Field(default=None, description="The environment variable injected into executions.")


class IdentityTypeView(BaseModel):
    """A type of identity."""

    connector: str
    type: str
    deferred: bool = Field(description="Whether a web browser is needed before such identities are ready.")
    refreshable: bool
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


def identity_view(identity: Identity) -> dict[str, object]:
    """Return the object of an identity; its data are complete, as clients compare them (known-gaps, F)."""
    return {**summary_view(identity.summary), "data": identity.data}


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

"""Authorizations on the wire."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from eventline_api.oauth2.flow import Started
from eventline_common.http.views import Name

_ADDRESS = "https://github.com/login/oauth/authorize?client_id=Iv1.8a61f9b3a7aba766&state=l3Ne2Yk0rE6n"


class NewOAuth2IdentityBody(BaseModel):
    """The body that creates or replaces an identity of a type that a browser completes."""

    name: Name
    connector: str = Field(examples=["github"])
    type: str = Field(examples=["oauth2"])
    data: dict[str, Any] = Field(
        description="The fields of the type that are not internal; see `GET /identity_types`.",
        examples=[{"client_id": "Iv1.8a61f9b3a7aba766", "client_secret": "secret", "scopes": ["repo"]}],
    )


class AuthorizationView(BaseModel):
    """Where a person authorizes an identity."""

    authorization_uri: str = Field(description="The address to open in a browser.", examples=[_ADDRESS])
    expiration_time: datetime = Field(description="When it is too late to complete this authorization.")


class CompletionBody(BaseModel):
    """The path that the browser came back to, and the query that the provider sent it with."""

    connector: str = Field(examples=["github"])
    type: str = Field(examples=["oauth2"])
    state: str = Field(examples=["l3Ne2Yk0rE6n5cS1dV9pXw8uQbGtHjMzAoRfKiCvLxU"])
    code: str | None = Field(default=None, examples=["gho_code"])
    error: str | None = Field(
        default=None, description="Instead of a code: why there is none.", examples=["access_denied"]
    )
    error_description: str | None = Field(default=None, examples=["the user has denied access"])
    iss: str | None = Field(
        default=None, description="The issuer, if the provider says it (RFC 9207).", examples=["https://example.com"]
    )


def authorization_view(started: Started) -> dict[str, object]:
    """Return the answer to a start."""
    return {"authorization_uri": started.uri, "expiration_time": started.expiration_time}

"""API keys on the wire (contract http-api, section 11); their hashes never are."""

from datetime import datetime

from pydantic import BaseModel, Field

from eventline_api.api_keys.api_key import ApiKey
from eventline_common.http.views import Id, Name


class ApiKeyView(BaseModel):
    """An API key, without its secret."""

    id: Id
    account_id: Id
    name: str = Field(examples=["deployments"])
    creation_time: datetime
    last_use_time: datetime | None = None
    expiration_time: datetime | None = Field(default=None, description="Absent for a key that does not expire.")
    read_only: bool | None = Field(
        default=None, description="True for a key that can only read, else absent.", examples=[True]
    )


class NewApiKeyBody(BaseModel):
    """The body that creates an API key."""

    name: Name
    expiration_time: datetime | None = Field(
        default=None, description="Absent for a key that does not expire.", examples=["2099-12-31T23:59:59Z"]
    )
    read_only: bool | None = Field(default=False, description="Whether the key can only read.", examples=[True])


class CreatedApiKeyView(BaseModel):
    """A new API key and its secret, which is shown this one time."""

    api_key: ApiKeyView
    key: str = Field(examples=["6c1b5a0e-1b0c-4c5e-9f54-0f6f3c1f2a77"])


def api_key_view(key: ApiKey) -> dict[str, object]:
    """Return the object of an API key."""
    view: dict[str, object] = {
        "id": key.id,
        "account_id": key.account_id,
        "name": key.name,
        "creation_time": key.creation_time,
    }
    if key.last_use_time is not None:
        view["last_use_time"] = key.last_use_time
    if key.expiration_time is not None:
        view["expiration_time"] = key.expiration_time
    if key.read_only:
        view["read_only"] = True
    return view


def created_api_key_view(key: ApiKey, secret: str) -> dict[str, object]:
    """Return the answer to the creation of an API key."""
    return {"api_key": api_key_view(key), "key": secret}

"""Accounts on the wire (contract http-api, section 11)."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from eventline_common.http.caller import Account, AccountSettings
from eventline_common.http.views import Id

_Username = Field(min_length=3, max_length=100, examples=["bob"])
_Password = Field(min_length=8, max_length=100, examples=["correct horse"])
_Confirmation = Field(default=None, description="If given, it must equal the password.", examples=["correct horse"])


class AccountSettingsView(BaseModel):
    """Preferences; each member is absent when it is not set."""

    date_format: Literal["absolute", "relative"] | None = None
    page_size: int | None = Field(default=None, ge=0, le=100, description="0 means the default.", examples=[50])


class AccountView(BaseModel):
    """An account."""

    id: Id
    creation_time: datetime
    username: str = Field(examples=["bob"])
    role: Literal["user", "admin"]
    last_login_time: datetime | None = None
    last_project_id: Id | None = None
    settings: AccountSettingsView


class NewAccountBody(BaseModel):
    """The body that creates an account."""

    username: str = _Username
    password: str = _Password
    password_confirmation: str | None = _Confirmation
    role: Literal["user", "admin"]


class AccountUpdateBody(BaseModel):
    """The body that changes an account."""

    username: str = _Username
    role: Literal["user", "admin"]


class NewPasswordBody(BaseModel):
    """The body that sets a password; all web sessions of the account end."""

    password: str = _Password
    password_confirmation: str | None = _Confirmation
    revoke_api_keys: bool | None = Field(default=False, description="Whether the API keys of the account end too.")


class OwnPasswordBody(NewPasswordBody):
    """The body that changes the password of the caller."""

    current_password: str = Field(min_length=1, examples=["the old password"])


def account_view(account: Account) -> dict[str, object]:
    """Return the object of an account."""
    view: dict[str, object] = {
        "id": account.id,
        "creation_time": account.creation_time,
        "username": account.username,
        "role": account.role.value,
    }
    if account.last_login_time is not None:
        view["last_login_time"] = account.last_login_time
    if account.last_project_id is not None:
        view["last_project_id"] = account.last_project_id
    view["settings"] = settings_view(account.settings)
    return view


def settings_view(settings: AccountSettings) -> dict[str, object]:
    """Return the object of account settings, which is also how they are stored."""
    view: dict[str, object] = {}
    if settings.date_format:
        view["date_format"] = settings.date_format
    if settings.page_size:
        view["page_size"] = settings.page_size
    return view

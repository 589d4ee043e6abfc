"""Values of API keys (contract service-config, section 11; G-61)."""

from dataclasses import dataclass
from datetime import datetime

from eventline_common.errors import InvalidValue, NotFound
from eventline_common.http.checks import Checks
from eventline_common.http.members import Members
from eventline_common.ids import AccountId, ApiKeyId


class UnknownApiKey(NotFound):
    """The account has no such API key."""

    code = "unknown_api_key"


class DuplicateApiKeyName(InvalidValue):
    """The account has another API key of that name."""

    code = "duplicate_api_key_name"

    def __init__(self, name: str) -> None:
        super().__init__(f'there is already an api key named "{name}"')


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known about an API key; its secret is not."""

    id: ApiKeyId
    account_id: AccountId
    name: str
    creation_time: datetime
    last_use_time: datetime | None = None
    expiration_time: datetime | None = None
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """An API key to be created."""

    name: str
    expiration_time: datetime | None = None
    read_only: bool = False


def login_key_name(now: datetime) -> str:
    """Return the name of the key that a login makes (contract http-api, section 7)."""
    return f"evcli-{now:%Y%m%dT%H%M%SZ}"


def read_new_api_key(body: object, *, now: datetime) -> NewApiKey:
    """Read the body of a creation; an expiration time must lie ahead."""
    members, checks = Members.of(body), Checks()
    name = members.text("name")
    checks.name("/name", name)
    expiration_time = None
    if text := members.text("expiration_time"):
        expiration_time = checks.moment("/expiration_time", text)
        if expiration_time is not None and expiration_time <= now:
            checks.add("/expiration_time", "invalid_value", f"{text} is not in the future")
    read_only = members.boolean("read_only")
    checks.finish()
    return NewApiKey(name, expiration_time, read_only)

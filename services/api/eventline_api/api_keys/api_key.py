"""Values of API keys (contract service-config, section 11; G-61)."""

from dataclasses import dataclass
from datetime import datetime

from eventline_common.domain.validation import Reader
from eventline_common.errors import InvalidValue, NotFound
from eventline_common.http.readers import read_object, refuse_errors
from eventline_common.ids import AccountId, ApiKeyId
from eventline_common.times import parse_time


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
    reader = read_object(body)
    new = NewApiKey(reader.name(), _read_expiration_time(reader, now=now), reader.boolean("read_only"))
    refuse_errors(reader)
    return new


def _read_expiration_time(reader: Reader, *, now: datetime) -> datetime | None:
    text = reader.text("expiration_time")
    if not text:
        return None
    try:
        time = parse_time(text)
    except ValueError as error:
        reader.wrong("expiration_time", "invalid_datetime", str(error))
        return None
    if time <= now:
        reader.wrong("expiration_time", "invalid_value", f"{text} is not in the future")
    return time

"""Values and decisions about accounts (contract service-config, section 10)."""

from dataclasses import dataclass

from eventline_common.domain.validation import Reader
from eventline_common.errors import InvalidValue, NotFound
from eventline_common.http.caller import AccountSettings, Role
from eventline_common.http.readers import read_object, refuse_errors

DATE_FORMATS = ("absolute", "relative")
LARGEST_PAGE_SIZE = 100


class UnknownAccount(NotFound):
    """No such account."""

    code = "unknown_account"


class DuplicateUsername(InvalidValue):
    """Another account has that user name."""

    code = "duplicate_username"

    def __init__(self, username: str) -> None:
        super().__init__(f'there is already an account named "{username}"')


class LastAdministrator(InvalidValue):
    """Somebody must be able to administer the platform (G-54)."""

    code = "last_administrator"

    def __init__(self, username: str) -> None:
        super().__init__(
            f'account "{username}" is the last one with the role admin; give the role to another account first'
        )


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be created."""

    username: str
    password: str
    role: Role


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password to be set, and whether API keys end with the old one."""

    password: str
    revoke_api_keys: bool
    current_password: str = ""


def read_new_account(body: object) -> NewAccount:
    """Read the body of a creation."""
    reader = read_object(body)
    username, password, role = _read_username(reader), _read_password(reader), _read_role(reader)
    refuse_errors(reader)
    return NewAccount(username, password, Role(role))


def read_account_update(body: object) -> tuple[str, Role]:
    """Read the user name and the role of an update."""
    reader = read_object(body)
    username, role = _read_username(reader), _read_role(reader)
    refuse_errors(reader)
    return username, Role(role)


def read_new_password(body: object, *, current_needed: bool) -> NewPassword:
    """Read the body of a password change; the owner of the account also gives the current password (G-54)."""
    reader = read_object(body)
    current = reader.filled("current_password") if current_needed else ""
    new = NewPassword(_read_password(reader), reader.boolean("revoke_api_keys"), current)
    refuse_errors(reader)
    return new


def read_account_settings(body: object) -> AccountSettings:
    """Read settings; what is absent goes back to its default."""
    reader = read_object(body)
    settings = AccountSettings(
        date_format=reader.choice("date_format", DATE_FORMATS, default=""),
        page_size=reader.integer("page_size", least=1, most=LARGEST_PAGE_SIZE, zero=True),
    )
    refuse_errors(reader)
    return settings


def _read_username(reader: Reader) -> str:
    return reader.bounded("username", 3, 100)


def _read_password(reader: Reader) -> str:
    password = reader.bounded("password", 8, 100)
    if reader.value.get("password_confirmation") is not None and reader.text("password_confirmation") != password:
        reader.wrong("password_confirmation", "password_mismatch", "the two passwords are different")
    return password


def _read_role(reader: Reader) -> str:
    return reader.choice("role", [choice.value for choice in Role])

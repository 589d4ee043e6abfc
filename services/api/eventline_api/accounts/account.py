"""Values and decisions about accounts (contract service-config, section 10)."""

from dataclasses import dataclass

from eventline_common.errors import InvalidValue, NotFound
from eventline_common.http.caller import AccountSettings, Role
from eventline_common.http.checks import Checks
from eventline_common.http.members import Members

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
    members, checks = Members.of(body), Checks()
    username = _read_username(members, checks)
    password = _read_password(members, checks)
    role = _read_role(members, checks)
    checks.finish()
    return NewAccount(username, password, Role(role))


def read_account_update(body: object) -> tuple[str, Role]:
    """Read the user name and the role of an update."""
    members, checks = Members.of(body), Checks()
    username = _read_username(members, checks)
    role = _read_role(members, checks)
    checks.finish()
    return username, Role(role)


def read_new_password(body: object, *, current_needed: bool) -> NewPassword:
    """Read the body of a password change; the owner of the account also gives the current password (G-54)."""
    members, checks = Members.of(body), Checks()
    current = members.text("current_password")
    if current_needed:
        checks.not_empty("/current_password", current)
    password = _read_password(members, checks)
    revoke_api_keys = members.boolean("revoke_api_keys")
    checks.finish()
    return NewPassword(password, revoke_api_keys, current)


def read_account_settings(body: object) -> AccountSettings:
    """Read settings; what is absent goes back to its default."""
    members, checks = Members.of(body), Checks()
    settings = AccountSettings(members.text("date_format"), members.integer("page_size"))
    if settings.date_format:
        checks.one_of("/date_format", settings.date_format, DATE_FORMATS)
    if settings.page_size:
        checks.integer("/page_size", settings.page_size, least=1, most=LARGEST_PAGE_SIZE)
    checks.finish()
    return settings


def _read_username(members: Members, checks: Checks) -> str:
    username = members.text("username")
    checks.length("/username", username, least=3, most=100)
    return username


def _read_password(members: Members, checks: Checks) -> str:
    password = members.text("password")
    checks.length("/password", password, least=8, most=100)
    if members.has("password_confirmation") and members.text("password_confirmation") != password:
        checks.add("/password_confirmation", "password_mismatch", "the two passwords are different")
    return password


def _read_role(members: Members, checks: Checks) -> str:
    role = members.text("role")
    checks.one_of("/role", role, [choice.value for choice in Role])
    return role

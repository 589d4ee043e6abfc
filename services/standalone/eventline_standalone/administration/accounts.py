"""`eventline create-account` and `eventline reset-password`: for when nobody can log in as an administrator."""

import getpass
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from eventline_common.clock import utc_now
from eventline_common.crypto.passwords import hash_password
from eventline_common.settings import PgSettings
from eventline_standalone.administration import store
from eventline_standalone.administration.connection import in_transaction
from eventline_standalone.errors import StandaloneError
from eventline_standalone.terminal import Terminal

# Lengths in characters (contract service-config, section 10).
USERNAME_LENGTH = (3, 100)
PASSWORD_LENGTH = (8, 100)
_GENERATED_BYTES = 18


@dataclass(frozen=True)
class PasswordSource:
    """Where a password comes from: made here, the first line of a file, or the terminal (else standard input)."""

    generate: bool = False
    file: Path | None = None


def create_account(
    settings: PgSettings, terminal: Terminal, *, username: str, role: str, source: PasswordSource
) -> int:
    """Create an account; return 0."""
    _check_length("user name", username, USERNAME_LENGTH)
    password = _obtain_password(source, terminal)
    hashed, now = hash_password(password), utc_now()
    id = in_transaction(
        settings, lambda tx: store.insert_account(tx, username=username, password_hash=hashed, role=role, now=now)
    )
    if id is None:
        raise StandaloneError(
            f'there is already an account named "{username}"; to set its password: eventline reset-password {username}'
        )
    terminal.say(f'account "{username}" ({id}) created with the role {role}')
    return 0


def reset_password(
    settings: PgSettings, terminal: Terminal, *, username: str, revoke_api_keys: bool, source: PasswordSource
) -> int:
    """Set the password of an account, which ends its web sessions; return 0."""
    known = in_transaction(settings, store.list_usernames)
    if username not in known:
        names = ", ".join(known) or "none; create one with eventline create-account"
        raise StandaloneError(f'there is no account named "{username}"; accounts: {names}')
    hashed, now = hash_password(_obtain_password(source, terminal)), utc_now()
    in_transaction(
        settings,
        lambda tx: store.reset_password(
            tx, username=username, password_hash=hashed, revoke_api_keys=revoke_api_keys, now=now
        ),
    )
    ended = "its web sessions and API keys have ended" if revoke_api_keys else "its web sessions have ended"
    terminal.say(f'the password of "{username}" is set; {ended}')
    return 0


def _obtain_password(source: PasswordSource, terminal: Terminal) -> str:
    if source.generate:
        password = secrets.token_urlsafe(_GENERATED_BYTES)
        terminal.say(f"password: {password}")
        return password
    password = _read_file(source.file) if source.file is not None else _ask()
    _check_length("password", password, PASSWORD_LENGTH)
    return password


def _read_file(path: Path) -> str:
    try:
        return path.read_text().partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        raise StandaloneError(f"cannot read the password from {path}: {error}") from error


def _ask() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Password again: ") != password:
        raise StandaloneError("the two passwords are different")
    return password


def _check_length(what: str, text: str, bounds: tuple[int, int]) -> None:
    least, most = bounds
    if not least <= len(text) <= most:
        raise StandaloneError(f"a {what} has {least} to {most} characters, not {len(text)}")

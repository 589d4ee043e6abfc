"""Checks user names and passwords; everything that hands out credentials starts here."""

from dataclasses import replace
from datetime import datetime

from eventline_api.accounts.store import save_password_hash
from eventline_api.login import store
from eventline_api.login.attempts import (
    AttemptLimits,
    TooManyLoginAttempts,
    WrongPassword,
    is_too_many,
)
from eventline_api.passwords import Passwords
from eventline_api.start.bootstrap import create_default_project
from eventline_common.db.session import Database, Tx
from eventline_common.http.caller import Account, Caller, Credential, CredentialKind
from eventline_common.http.readers import read_object, refuse_errors


def read_credentials(body: object) -> tuple[str, str]:
    """Read the user name and the password of a login; both must be given."""
    reader = read_object(body)
    username, password = reader.filled("username"), reader.filled("password")
    refuse_errors(reader)
    return username, password


class Authentication:
    """Checks passwords, within limits; an unknown user gets the same answer as a known one, after the same time (G-59).

    A failed attempt is remembered although the request fails, and no connection is held while a password is
    checked: so this opens its own short transactions.
    """

    def __init__(self, database: Database, passwords: Passwords, limits: AttemptLimits) -> None:
        self._database = database
        self._passwords = passwords
        self._limits = limits

    async def authenticate(self, username: str, password: str, *, address: str, now: datetime) -> Account:
        """Return the account; raise TooManyLoginAttempts, WrongPassword."""
        known = await self._begin(username, address=address, now=now)
        accepted = await self._passwords.verify(password, known.password_hash if known else None)
        if known is None or not accepted:
            raise WrongPassword("wrong user name or password")
        await self._succeed(known, password, address=address)
        return known.account

    async def _begin(self, username: str, *, address: str, now: datetime) -> store.KnownAccount | None:
        async with self._database.transaction() as tx:
            attempt = await store.begin_attempt(tx, username=username, address=address, now=now)
        async with self._database.transaction() as tx:
            since = now - self._limits.window
            recent = await store.count_attempts(tx, username=username, address=address, since=since)
            refused = is_too_many(recent, self._limits)
            if refused:
                await store.withdraw_attempt(tx, attempt)
            known = None if refused else await store.find_account(tx, username)
        if refused:
            raise TooManyLoginAttempts(self._limits.window)
        return known

    async def _succeed(self, known: store.KnownAccount, password: str, *, address: str) -> None:
        renewed = await self._passwords.renew(password, known.password_hash)
        async with self._database.transaction() as tx:
            await store.forget_attempts(tx, username=known.account.username, address=address)
            if renewed is not None:
                await save_password_hash(tx, known.account.id, renewed)


async def remember_login(tx: Tx, account: Account, *, now: datetime) -> Account:
    """Store the time of a login and make sure that the account has a project to start with."""
    project_id = account.last_project_id or await store.find_latest_project(tx)
    if project_id is None:
        project_id = await create_default_project(tx, now=now)
    await store.save_login(tx, account.id, project_id, now=now)
    return replace(account, last_login_time=now, last_project_id=project_id)


def caller_after_login(account: Account, *, kind: CredentialKind, address: str) -> Caller:
    """Return who acts while a login makes its first credential."""
    return Caller(account, Credential(kind, "", read_only=False), address)

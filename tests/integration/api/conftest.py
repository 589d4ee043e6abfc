"""The API on a real database, asked over ASGI, by callers of every kind."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

import httpx
import pytest
import pytest_asyncio

from eventline_api.api_keys.api_key import NewApiKey
from eventline_api.api_keys.service import create_api_key
from eventline_api.app import create_application, prepare
from eventline_api.platform import ApiPlatform
from eventline_common.bus import Bus
from eventline_common.crypto.passwords import hash_password
from eventline_common.db.session import Database
from eventline_common.http.caller import Account, AccountSettings, Caller, Credential, CredentialKind, Role
from eventline_common.http.gateway import Gateway
from eventline_common.ids import AccountId, ProjectId, new_id
from eventline_common.settings import Settings
from eventline_common.testing.clock import SettableClock

PASSWORD = "correct horse"
PASSWORD_HASH = hash_password(PASSWORD)


@dataclass(frozen=True)
class Someone:
    """An account of a test, with a key to the API."""

    id: AccountId
    username: str
    key: str


@pytest_asyncio.fixture
async def platform(
    settings_for_test: Settings, database: Database, bus: Bus, clock: SettableClock
) -> AsyncIterator[ApiPlatform]:
    """The parts of the API; the database has the account `admin` and the project `main`."""
    prepared = await prepare(settings_for_test, database, bus, clock)
    yield prepared
    prepared.passwords.close()


@pytest.fixture
def application(platform: ApiPlatform) -> Gateway:
    """The ASGI application of the API."""
    return create_application(platform)


@pytest.fixture
def client_of(application: Gateway) -> Callable[..., httpx.AsyncClient]:
    """Make a client that sends the given headers with each request."""

    def make(key: str | None = None, project: str | None = None, **headers: str) -> httpx.AsyncClient:
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        if project is not None:
            headers["X-Eventline-Project-Id"] = project
        transport = httpx.ASGITransport(application)
        return httpx.AsyncClient(transport=transport, base_url="http://api", headers=headers)

    return make


@pytest_asyncio.fixture
async def main_project(platform: ApiPlatform) -> ProjectId:
    """The project `main`."""
    async with platform.database.connection() as connection:
        return ProjectId(await connection.fetchval("SELECT id FROM projects WHERE name = 'main'"))


@pytest_asyncio.fixture
async def admin(platform: ApiPlatform) -> Someone:
    """The default account, with the password `admin`."""
    async with platform.database.connection() as connection:
        id = AccountId(await connection.fetchval("SELECT id FROM accounts WHERE username = 'admin'"))
    return Someone(id, "admin", await make_key(platform, id, "admin", Role.ADMIN))


@pytest_asyncio.fixture
async def bob(platform: ApiPlatform) -> Someone:
    """An account with the role user and the password `PASSWORD`."""
    id = await make_account(platform, "bob")
    return Someone(id, "bob", await make_key(platform, id, "bob", Role.USER))


async def make_account(platform: ApiPlatform, username: str, *, role: Role = Role.USER) -> AccountId:
    """Create an account with the password `PASSWORD`."""
    id = AccountId(new_id())
    async with platform.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO accounts (id, creation_time, username, password_hash, role) VALUES ($1, $2, $3, $4, $5)",
            id,
            platform.clock.now(),
            username,
            PASSWORD_HASH,
            role.value,
        )
    return id


async def make_key(
    platform: ApiPlatform,
    id: AccountId,
    username: str,
    role: Role,
    *,
    name: str = "tests",
    read_only: bool = False,
    expiration_time: datetime | None = None,
) -> str:
    """Create an API key and return its secret."""
    now = platform.clock.now()
    account = Account(id, now, username, role, None, None, AccountSettings())
    caller = Caller(account, Credential(CredentialKind.API_KEY, "", read_only=False), "")
    async with platform.database.transaction() as tx:
        _, secret = await create_api_key(tx, caller, NewApiKey(name, expiration_time, read_only), now=now)
    return secret

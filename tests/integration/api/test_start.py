"""What happens when the API starts (G-50, G-53)."""

import asyncio
import base64
import secrets
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from eventline_api.app import prepare
from eventline_common.bus import Bus
from eventline_common.crypto.keys import key_id
from eventline_common.db.encryption_keys import WrongEncryptionKey, rotate_encryption_key
from eventline_common.db.session import Database
from eventline_common.settings import Settings
from eventline_common.testing.clock import SettableClock

from .conftest import Someone

ClientOf = Callable[..., httpx.AsyncClient]


async def names(database: Database) -> tuple[list[str], list[str]]:
    """Return the user names and the project names."""
    async with database.connection() as connection:
        accounts = await connection.fetch("SELECT username FROM accounts ORDER BY username")
        projects = await connection.fetch("SELECT name FROM projects ORDER BY name")
    return [row["username"] for row in accounts], [row["name"] for row in projects]


async def test_a_fresh_platform_has_one_account_and_one_project(
    client_of: ClientOf, database: Database, admin: Someone
) -> None:
    assert await names(database) == (["admin"], ["main"])
    assert (await client_of(admin.key).get("/account")).json()["role"] == "admin"


async def test_replicas_that_start_at_once_create_them_once(
    database: Database, bus: Bus, clock: SettableClock, settings_for_test: Settings
) -> None:
    platforms = await asyncio.gather(*(prepare(settings_for_test, database, bus, clock) for _ in range(4)))

    for platform in platforms:
        platform.passwords.close()
    assert await names(database) == (["admin"], ["main"])


async def test_what_was_renamed_or_deleted_does_not_come_back(
    client_of: ClientOf,
    admin: Someone,
    bob: Someone,
    database: Database,
    bus: Bus,
    clock: SettableClock,
    settings_for_test: Settings,
) -> None:
    client = client_of(admin.key)
    await client.put(f"/accounts/id/{bob.id}", json={"username": "root", "role": "admin"})
    await client.post("/projects", json={"name": "other"})
    main = (await client.get("/projects/name/main")).json()["id"]
    await client.delete(f"/projects/id/{main}")
    await client.delete(f"/accounts/id/{admin.id}")

    (await prepare(settings_for_test, database, bus, clock)).passwords.close()

    assert await names(database) == (["root"], ["other"])


async def test_another_encryption_key_is_refused_with_a_sentence(
    database: Database, bus: Bus, clock: SettableClock, settings_for_test: Settings
) -> None:
    (await prepare(settings_for_test, database, bus, clock)).passwords.close()
    other = secrets.token_bytes(32)

    with pytest.raises(WrongEncryptionKey) as caught:
        await prepare(replace(settings_for_test, encryption_key=other), database, bus, clock)

    message = str(caught.value)
    assert message.startswith("the encryption key does not fit this database")
    assert key_id(settings_for_test.encryption_key) in message
    assert key_id(other) in message
    for key in (settings_for_test.encryption_key, other):
        assert base64.b64encode(key).decode() not in message


async def test_a_key_is_replaced_while_the_former_one_is_still_known(
    database: Database, bus: Bus, clock: SettableClock, settings_for_test: Settings
) -> None:
    former, new = settings_for_test.encryption_key, secrets.token_bytes(32)
    (await prepare(settings_for_test, database, bus, clock)).passwords.close()
    clock.advance(1)
    rotating = replace(settings_for_test, encryption_key=new, encryption_keys_previous=(former,))

    (await prepare(rotating, database, bus, clock)).passwords.close()
    with pytest.raises(WrongEncryptionKey, match="may still be encrypted with the key"):
        await prepare(replace(settings_for_test, encryption_key=new), database, bus, clock)
    await rotate_encryption_key(database, (new, former), now=clock.now())
    (await prepare(replace(settings_for_test, encryption_key=new), database, bus, clock)).passwords.close()

    with pytest.raises(WrongEncryptionKey):
        await prepare(settings_for_test, database, bus, clock)


async def test_a_damaged_check_value_is_told(
    database: Database, bus: Bus, clock: SettableClock, settings_for_test: Settings
) -> None:
    (await prepare(settings_for_test, database, bus, clock)).passwords.close()
    async with database.connection() as connection:
        await connection.execute("UPDATE encryption_keys SET check_value = $1", bytes(32))

    with pytest.raises(WrongEncryptionKey, match="damaged"):
        await prepare(settings_for_test, database, bus, clock)

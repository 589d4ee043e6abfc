"""`eventline rotate-key` on a real database, killed in the middle, with everything readable all the time (G-35)."""

import asyncio
import base64
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from eventline_common.crypto.identities import IdentityCipher
from eventline_common.crypto.keys import key_id
from eventline_common.crypto.project_secrets import SLACK_WEBHOOK_URI, WEBHOOK_SECRET, project_context
from eventline_common.db.encrypted_columns import ENCRYPTED_COLUMNS
from eventline_common.db.encryption_keys import (
    BATCH,
    WrongEncryptionKey,
    remember_encryption_key,
    verify_encryption_keys,
)
from eventline_common.db.session import Database, Tx
from eventline_common.ids import IdentityId, ProjectId, new_id
from eventline_common.settings import Settings
from eventline_common.testing.factories import EPOCH, create_execution, create_job, create_project

OLD, NEW = b"o" * 32, b"n" * 32


def original(plain: bytes) -> bytes:
    """What version 1.1.2 stores."""
    iv, padding = os.urandom(16), 16 - len(plain) % 16
    encryptor = Cipher(AES(OLD), CBC(iv)).encryptor()
    return iv + encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()


async def insert_identities(tx: Tx, project_id: ProjectId, count: int) -> Sequence[IdentityId]:
    """Insert identities encrypted with the old key, every second one as the original did."""
    ids = sorted(IdentityId(new_id()) for _ in range(count))
    cipher = IdentityCipher(OLD)
    plain = [json.dumps({"key": id}).encode() for id in ids]
    values = [original(p) if n % 2 else cipher.encrypt(p, context=ids[n]) for n, p in enumerate(plain)]
    await tx.execute(
        "INSERT INTO identities (id, project_id, name, status, creation_time, update_time, connector, type, data)"
        " SELECT id, $3, 'i' || n, 'ready', $4, $4, 'generic', 'api_key', data"
        " FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS v (id, data, n)",
        ids, values, project_id, EPOCH,
    )  # fmt: skip
    return ids


async def read_all(database: Database, keys: Sequence[bytes]) -> list[str]:
    """Decrypt every identity with the given keys."""
    cipher = IdentityCipher(keys[0], keys[1:])
    async with database.connection() as tx:
        rows = await tx.fetch("SELECT id, data FROM identities ORDER BY id")
    return [json.loads(cipher.decrypt(row["data"], context=row["id"]))["key"] for row in rows]


async def unrotated(database: Database) -> int:
    header = IdentityCipher(NEW).current_header
    async with database.connection() as tx:
        return int(
            await tx.fetchval("SELECT count(*) FROM identities WHERE substring(data FROM 1 FOR 13) <> $1", header)
        )


@pytest_asyncio.fixture
async def project_id(database: Database) -> ProjectId:
    async with database.transaction() as tx:
        project_id = await create_project(tx)
    await remember_encryption_key(database, [OLD], now=EPOCH)
    return project_id


@pytest.fixture
def configuration(settings_for_test: Settings, tmp_path: Path) -> Path:
    """A configuration file with the new key and the old one."""
    path = tmp_path / "rotating.yaml"
    encryption = {
        "encryption_key": base64.b64encode(NEW).decode(),
        "encryption_keys_previous": [base64.b64encode(OLD).decode()],
        "pg": {"uri": settings_for_test.pg.uri},
    }
    path.write_text(json.dumps(encryption))
    return path


def command(configuration: Path) -> list[str]:
    return [sys.executable, "-m", "eventline_standalone", "rotate-key", "-c", str(configuration)]


async def run(configuration: Path) -> tuple[int, str, str]:
    """Run the command and return its status and what it said."""
    done = await asyncio.to_thread(
        subprocess.run, command(configuration), capture_output=True, text=True, timeout=100, check=False
    )
    return done.returncode, done.stdout, done.stderr


async def test_everything_is_encrypted_anew_and_the_former_key_is_forgotten(
    database: Database, project_id: ProjectId, configuration: Path
) -> None:
    old, new = IdentityCipher(OLD), IdentityCipher(NEW)
    async with database.transaction() as tx:
        ids = await insert_identities(tx, project_id, 2 * BATCH + 1)
        execution = await create_execution(tx, await create_job(tx, project_id))
        secret_parameters = old.encrypt(b"{}", context=execution.id)
        await tx.execute("UPDATE job_executions SET secret_parameters = $1", secret_parameters)
        members = (WEBHOOK_SECRET, SLACK_WEBHOOK_URI)
        values = [old.encrypt(b"v", context=project_context(project_id, member)) for member in members]
        await tx.execute(
            "UPDATE project_notification_settings SET webhook_uri = 'https://x', webhook_secret = $1,"
            " slack_webhook_uri = $2",
            *values,
        )
    status, said, complaints = await run(configuration)

    async with database.connection() as tx:
        parameters = await tx.fetchval("SELECT secret_parameters FROM job_executions")
        row = await tx.fetchrow("SELECT * FROM project_notification_settings")
        keys = await tx.fetch("SELECT id FROM encryption_keys")
        audit = await tx.fetchrow("SELECT * FROM audit_log")
    assert (status, complaints) == (0, "")
    assert said == (
        f"{2 * BATCH + 4} values were encrypted anew with the key {key_id(NEW)}\n"
        f"the key {key_id(OLD)} is no longer needed: remove it from encryption_keys_previous\n"
    )
    assert await read_all(database, [NEW]) == ids
    assert new.decrypt(parameters, context=execution.id) == b"{}"
    assert row is not None
    assert [new.decrypt(row[member], context=project_context(project_id, member)) for member in members] == [b"v"] * 2
    assert [row["id"] for row in keys] == [key_id(NEW)]
    assert audit is not None
    assert (audit["username"], audit["action"], audit["object_type"]) == (
        "eventline rotate-key",
        "rotate",
        "encryption_key",
    )
    assert audit["details"] == {"changed": 2 * BATCH + 4, "unreadable": 0, "forgotten_keys": [key_id(OLD)]}


async def test_killed_in_the_middle_it_goes_on_where_it_was(
    database: Database, project_id: ProjectId, configuration: Path
) -> None:
    async with database.transaction() as tx:
        ids = await insert_identities(tx, project_id, 3 * BATCH)
    process = await asyncio.create_subprocess_exec(*command(configuration), stdout=asyncio.subprocess.DEVNULL)
    async with database.transaction() as tx:
        await tx.execute("SELECT FROM identities WHERE id = $1 FOR UPDATE", ids[2 * BATCH])
        async with asyncio.timeout(60):
            while await unrotated(database) > BATCH:
                await asyncio.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    half = await unrotated(database)
    meanwhile = await read_all(database, [OLD, NEW])
    async with database.connection() as tx:
        remembered = await tx.fetchval("SELECT count(*) FROM encryption_keys")

    status, said, _ = await run(configuration)

    assert half == BATCH
    assert meanwhile == ids
    assert remembered == 2
    assert (status, said.splitlines()[0]) == (0, f"{BATCH} values were encrypted anew with the key {key_id(NEW)}")
    assert await read_all(database, [NEW]) == ids


async def test_run_again_it_has_nothing_to_do(database: Database, project_id: ProjectId, configuration: Path) -> None:
    async with database.transaction() as tx:
        await insert_identities(tx, project_id, 2)
    await run(configuration)
    async with database.connection() as tx:
        before = await tx.fetch("SELECT id, data FROM identities ORDER BY id")

    status, said, _ = await run(configuration)

    async with database.connection() as tx:
        assert await tx.fetch("SELECT id, data FROM identities ORDER BY id") == before
    assert (status, said) == (0, f"0 values were encrypted anew with the key {key_id(NEW)}\n")


async def test_what_cannot_be_read_is_named_and_keeps_the_former_key(
    database: Database, project_id: ProjectId, configuration: Path
) -> None:
    async with database.transaction() as tx:
        first, second = await insert_identities(tx, project_id, 2)
        await tx.execute(
            "UPDATE identities SET data = $2 WHERE id = $1", first, IdentityCipher(OLD).encrypt(b"{}", context="x")
        )
    status, said, complaints = await run(configuration)

    async with database.connection() as tx:
        remembered = await tx.fetchval("SELECT count(*) FROM encryption_keys")
        data = await tx.fetchval("SELECT data FROM identities WHERE id = $1", second)
    assert status == 1
    assert said.startswith("1 value was encrypted anew")
    assert f"identities.data of {first} cannot be read: the encrypted data were changed" in complaints
    assert remembered == 2
    assert IdentityCipher(NEW).decrypt(data, context=second)


async def test_a_key_that_does_not_fit_is_told_in_a_sentence(
    database: Database, project_id: ProjectId, configuration: Path
) -> None:
    document = json.loads(configuration.read_text())
    configuration.write_text(json.dumps({**document, "encryption_keys_previous": []}))

    status, said, complaints = await run(configuration)

    assert (status, said) == (1, "")
    assert complaints.startswith("eventline: the encryption key does not fit this database")


async def test_services_refuse_to_start_without_a_key_that_is_still_needed(
    database: Database, project_id: ProjectId, configuration: Path
) -> None:
    await verify_encryption_keys(database, [OLD])
    await remember_encryption_key(database, [NEW, OLD], now=EPOCH + timedelta(seconds=1))

    await verify_encryption_keys(database, [OLD, NEW])
    with pytest.raises(WrongEncryptionKey, match=f"with the key {key_id(OLD)}, which is not configured"):
        await verify_encryption_keys(database, [NEW])
    with pytest.raises(WrongEncryptionKey, match="does not fit this database"):
        await verify_encryption_keys(database, [secrets.token_bytes(32)])
    await run(configuration)
    await verify_encryption_keys(database, [NEW])


async def test_every_column_with_encrypted_values_is_rotated(database: Database) -> None:
    """A new `bytea` column is either in the registry or in this list of those that are not encrypted."""
    plain = {
        "api_keys.key_hash", "encryption_keys.check_value", "oauth2_states.state_hash", "step_output.data",
        "web_sessions.token_hash", "webhook_deliveries.body", "webhook_deliveries.body_hash",
    }  # fmt: skip
    async with database.connection() as tx:
        rows = await tx.fetch(
            "SELECT table_name || '.' || column_name AS name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type = 'bytea'"
        )

    assert {row["name"] for row in rows} - plain == {column.name for column in ENCRYPTED_COLUMNS}

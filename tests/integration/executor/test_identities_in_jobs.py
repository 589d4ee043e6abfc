"""What a running job sees of identities of every type (contract execution, sections 11 and 13)."""

import asyncio
import json
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest

from eventline_common.bus import Bus
from eventline_common.catalog.identities import IDENTITY_TYPES
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.session import Database
from eventline_common.ids import ExecutionId, new_id
from eventline_common.settings import Settings
from eventline_common.testing.factories import EPOCH, create_execution, create_job, create_project
from tests.unit.common.catalog.identity_examples import TYPES

from .test_service import hint, read, running_executor, wait_for

# Paths with their modes and contents in hexadecimal, then the variables of identities.
SHOW = """
cd "$EVENTLINE_DIR/identities"
find . -type f | sort | while read -r f; do
  printf '%s %s %s\\n' "${f#./}" "$(stat -c %a "$f")" "$(od -An -v -tx1 < "$f" | tr -d ' \\n')"
done
for name in VARIABLES; do
  if value=$(printenv "$name"); then printf '$%s=%s\\n' "$name" "$value"; fi
done
"""
VARIABLES = sorted({f.variable for kind in IDENTITY_TYPES.values() for f in kind.fields if f.variable})


@pytest.fixture
def settings(settings_for_test: Settings) -> Settings:
    return replace(settings_for_test, executor=replace(settings_for_test.executor, runners=("local",)))


async def new_execution(
    database: Database, settings: Settings, type: str, data: Mapping[str, Any], *, status: str = "ready"
) -> ExecutionId:
    """Create a job that uses one identity, and an execution of it."""
    id, (connector, _, name) = new_id(), type.partition("/")
    stored = IdentityCipher(settings.encryption_key).encrypt(orjson.dumps(data), context=id)
    code = SHOW.replace("VARIABLES", shlex.join(VARIABLES))
    async with database.transaction() as tx:
        project_id = await create_project(tx, f"p{id.lower()}")
        await tx.execute(
            "INSERT INTO identities (id, project_id, name, status, error_message, creation_time, update_time,"
            " connector, type, data) VALUES ($1, $2, 'mine', $3, $4, $5, $5, $6, $7, $8)",
            id, project_id, status, "denied" if status == "error" else None, EPOCH, connector, name, stored,
        )  # fmt: skip
        spec = {"identities": ["mine"], "mask_secrets": False}
        job_id = await create_job(tx, project_id, spec, steps=({"label": "One", "code": code},))
        return (await create_execution(tx, job_id)).id


async def output(database: Database, id: ExecutionId) -> list[str]:
    async with database.connection() as tx:
        rows = await tx.fetch(
            "SELECT o.data FROM step_output o JOIN step_executions s ON s.id = o.step_execution_id"
            " WHERE s.job_execution_id = $1 ORDER BY o.position",
            id,
        )
    return b"".join(row["data"] for row in rows).decode().splitlines()


def expected(data: Mapping[str, Any], variables: Mapping[str, str]) -> list[str]:
    """Return what the job must print: one file for each leaf, without a line end that was not stored."""
    leaves: dict[str, object] = {}
    for name, value in data.items():
        members = {f"{name}/{n}": v for n, v in enumerate(value)} if isinstance(value, list) else {name: value}
        leaves.update(members)
    texts = {path: leaf if isinstance(leaf, str) else json.dumps(leaf) for path, leaf in leaves.items()}
    files = sorted(f"mine/{path} 600 {text.encode().hex()}" for path, text in texts.items())
    return [*files, *sorted(f"${name}={value}" for name, value in variables.items())]


async def test_files_and_variables_of_every_type_are_those_of_the_contract(
    settings: Settings, database: Database, bus: Bus
) -> None:
    async with running_executor(settings):
        ids = [await new_execution(database, settings, type, data) for type, data, _, _ in TYPES]
        await asyncio.gather(*(hint(database, bus, id) for id in ids))
        rows = [await wait_for(database, id, "successful") for id in ids]
        found = {type: await output(database, id) for (type, *_), id in zip(TYPES, ids, strict=True)}

    async with database.connection() as tx:
        used = await tx.fetchval("SELECT count(*) FROM identities WHERE last_use_time IS NOT NULL")
    assert found == {type: expected(data, variables) for type, data, variables, _ in TYPES}
    assert used == len(rows) == len(TYPES)


@pytest.mark.parametrize("status", ["pending", "error"])
async def test_a_job_does_not_run_with_an_identity_that_is_not_ready(
    status: str, settings: Settings, database: Database, bus: Bus
) -> None:
    async with running_executor(settings):
        id = await new_execution(database, settings, "github/oauth2", {}, status=status)
        await hint(database, bus, id)
        await wait_for(database, id, "failed")

    row = await read(database, id)
    assert f'identity "mine" cannot be used: its status is {status}; complete its' in row["failure_message"]

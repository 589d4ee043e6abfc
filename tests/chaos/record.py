"""What the database knows at the end, and every status that it ever committed."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

# Writes down every status as it is committed: what no reader that polls could see.
RECORDER = """
CREATE TABLE chaos_transitions (
    n bigint GENERATED ALWAYS AS IDENTITY, id text, attempt integer, status text,
    time timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX ON chaos_transitions (id);
CREATE FUNCTION chaos_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR OLD.status <> NEW.status OR OLD.attempt <> NEW.attempt THEN
        INSERT INTO chaos_transitions (id, attempt, status) VALUES (NEW.id, NEW.attempt, NEW.status);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_record AFTER INSERT OR UPDATE ON job_executions FOR EACH ROW EXECUTE FUNCTION chaos_record();
"""

_EXECUTIONS = """
SELECT e.id, e.job_id, e.status, e.attempt, e.concurrent, e.failure_message, e.scheduled_time, e.holder, r.spec
FROM job_executions e JOIN job_revisions r ON r.id = e.revision_id
"""

_STEPS = "SELECT id, job_execution_id, position, status, failure_message FROM step_executions"

_OUTPUT = """
SELECT step_execution_id AS step, position, data FROM step_output ORDER BY step_execution_id, position
"""

_TRANSITIONS = "SELECT id, attempt, status, time FROM chaos_transitions ORDER BY n"

_EVENTS = "SELECT id, job_id, event_time, processed FROM events"

_UNSETTLED = """
SELECT (SELECT count(*) FROM job_executions WHERE status IN ('created', 'started') OR holder IS NOT NULL)
     + (SELECT count(*) FROM events WHERE NOT processed)
"""

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Transition:
    """An execution's status as it was committed."""

    execution: str
    attempt: int
    status: str
    time: datetime


@dataclass(frozen=True)
class Record:
    """Everything that is stored."""

    executions: Rows
    steps: Rows
    output: Rows
    events: Rows
    transitions: Sequence[Transition]


def start_recording(database: str) -> None:
    """Let the database write down every status."""
    asyncio.run(_execute(database, RECORDER))


def read_record(database: str) -> Record:
    """Read everything."""

    async def read() -> Record:
        connection = await asyncpg.connect(database, timeout=10)
        await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=str, decoder=json.loads)
        try:
            queries = (_EXECUTIONS, _STEPS, _OUTPUT, _EVENTS)
            executions, steps, output, events = [[dict(r) for r in await connection.fetch(q)] for q in queries]
            transitions = [Transition(*row) for row in await connection.fetch(_TRANSITIONS)]
        finally:
            await connection.close()
        return Record(executions, steps, output, events, transitions)

    return asyncio.run(read())


def count_unsettled(database: str) -> int:
    """Return how much still waits or runs; raises what asyncpg raises when the database is away."""

    async def count() -> int:
        connection = await asyncpg.connect(database, timeout=10)
        try:
            return int(await connection.fetchval(_UNSETTLED))
        finally:
            await connection.close()

    return asyncio.run(count())


async def _execute(database: str, statements: str) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute(statements)
    await connection.close()

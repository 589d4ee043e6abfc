"""One seeded history: load and faults together, then quiet, then the proof."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from eventline_common.testing.platform import Platform, running_platform
from tests.chaos.checker import Verdict, check, wait_until_final
from tests.chaos.faults import Faults
from tests.chaos.load import Accepted, Load

# Writes down every status as the database commits it: what no reader that polls could see.
_RECORD = """
CREATE TABLE chaos_transitions (n bigint GENERATED ALWAYS AS IDENTITY, id text, attempt integer, status text);
CREATE FUNCTION chaos_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR OLD.status <> NEW.status OR OLD.attempt <> NEW.attempt THEN
        INSERT INTO chaos_transitions (id, attempt, status) VALUES (NEW.id, NEW.attempt, NEW.status);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_record AFTER INSERT OR UPDATE ON job_executions FOR EACH ROW EXECUTE FUNCTION chaos_record();
"""


@dataclass(frozen=True)
class History:
    """A history that was lived through."""

    seed: int
    accepted: Accepted
    faults: Counter[str]
    settled: bool
    verdict: Verdict


def run_history(seed: int, seconds: float, *, settle: float = 90, environment: dict[str, str] | None = None) -> History:
    """Start a platform, break it under load for that long, let it settle, and judge it."""
    with running_platform(environment=environment) as platform:
        asyncio.run(_execute(platform, _RECORD))
        load, faults = Load(platform, seed), Faults(platform, seed)
        faults.start()
        try:
            load.run(seconds)
        finally:
            faults.stop()
        settled = wait_until_final(platform, seconds=settle)
        verdict = check(platform, load.accepted, asyncio.run(_transitions(platform)))
    if not settled:
        verdict.broken.append(f"something still waits or runs {settle:g} s after the last fault")
    return History(seed, load.accepted, faults.done, settled, verdict)


async def _execute(platform: Platform, statements: str) -> None:
    connection = await asyncpg.connect(platform.setting("postgres"))
    await connection.execute(statements)
    await connection.close()


async def _transitions(platform: Platform) -> Sequence[tuple[str, int, str]]:
    connection = await asyncpg.connect(platform.setting("postgres"))
    rows = await connection.fetch("SELECT id, attempt, status FROM chaos_transitions ORDER BY n")
    await connection.close()
    return [(row["id"], row["attempt"], row["status"]) for row in rows]

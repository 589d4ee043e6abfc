"""What PostgreSQL alone has to do for executions, whatever runs them: their rows, written by the ledger in batches."""

from collections.abc import Sequence
from datetime import datetime

from eventline_common.clock import SystemClock
from eventline_common.db.session import Database, Tx
from eventline_common.executions import (
    Finish,
    NewExecution,
    OutputChunk,
    append_output,
    claim,
    deregister,
    finish,
    instantiate,
    register,
)
from eventline_common.ids import ExecutionId
from eventline_common.settings import load_settings
from tests.bench.processes import cpu_seconds, cpu_since
from tests.bench.stack import Stack

# An executor takes as many with one claim.
_BATCH = 50
_US = "bench-rows"
_REVISIONS = "SELECT project_id, id, current_revision_id FROM jobs WHERE id = ANY($1::text[])"
_OUTPUT = b"1700000000000000000\n"


async def write_rows(stack: Stack, job_ids: Sequence[str]) -> float:
    """Write the rows of one execution of each job from its creation to its end, for a runner that nobody serves;
    return the CPU time of PostgreSQL in seconds."""
    settings = load_settings(stack.platform.directory / "data" / "eventline.yaml", {}, needs_key=False)
    database = await Database.connect(settings.pg, application_name=_US)
    try:
        async with database.connection() as tx:
            await register(tx, executor_id=_US, host="bench", pid=1, runners=[_US], now=SystemClock().now())
            before = cpu_seconds(stack.platform)
            await _write(tx, job_ids)
            used = cpu_since(stack.platform, before)["postgresql"]
            await deregister(tx, _US)
            return used
    finally:
        await database.close()


async def _write(tx: Tx, job_ids: Sequence[str]) -> None:
    now = SystemClock().now()
    jobs = await tx.fetch(_REVISIONS, list(job_ids))
    new = [NewExecution(job["project_id"], job["id"], job["current_revision_id"], now, False, _US, 1) for job in jobs]
    await instantiate(tx, new, now=now)
    for start in range(0, len(new), _BATCH):
        await _run(tx, [execution.id for execution in new[start : start + _BATCH]], now)


async def _run(tx: Tx, ids: Sequence[ExecutionId], now: datetime) -> None:
    claimed = await claim(tx, ids, executor_id=_US, runners=[_US], now=now)
    assert len(claimed) == len(ids)
    await append_output(tx, [OutputChunk(each.id, each.lease, each.steps[0], 0, _OUTPUT) for each in claimed])
    finishes = [Finish(each.id, each.lease, "successful", None, 1, "successful") for each in claimed]
    assert len(await finish(tx, finishes, now=now, default_retention=None)) == len(ids)

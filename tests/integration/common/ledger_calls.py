"""What tests of the ledger ask of it again and again."""

from datetime import datetime, timedelta

from eventline_common.db.session import Database, Tx
from eventline_common.executions import Claimed, Finish, claim, finish
from eventline_common.ids import ExecutionId, JobId
from eventline_common.testing.factories import EPOCH, create_execution

NOW = EPOCH + timedelta(seconds=10)
LATER = NOW + timedelta(seconds=1)
TWO_STEPS = ({"label": "One", "code": "true"}, {"label": "Two", "code": "true"})


async def make(database: Database, job_id: JobId, *, at: datetime = EPOCH) -> ExecutionId:
    async with database.transaction() as tx:
        return (await create_execution(tx, job_id, scheduled_time=at)).id


async def take(database: Database, *ids: ExecutionId, executor: str = "x", limit: int | None = None) -> list[Claimed]:
    async with database.transaction() as tx:
        return await claim(tx, ids, executor_id=executor, runners=["local"], now=NOW, platform_limit=limit)


async def end(database: Database, claimed: Claimed, status: str = "successful", message: str | None = None) -> bool:
    step = {"successful": "successful", "failed": "failed"}.get(status)
    done = Finish(claimed.id, claimed.lease, status, message, 1 if step else 0, step, message)
    async with database.transaction() as tx:
        return bool(await finish(tx, [done], now=LATER, default_retention=None))


async def status_of(tx: Tx, id: ExecutionId) -> tuple[str, list[str]]:
    status = await tx.fetchval("SELECT status FROM job_executions WHERE id = $1", id)
    steps = await tx.fetch("SELECT status FROM step_executions WHERE job_execution_id = $1 ORDER BY position", id)
    return status, [row["status"] for row in steps]

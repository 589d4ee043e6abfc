"""Aborting and restarting executions: load, change through the ledger, say what follows."""

from datetime import datetime

from eventline_api.audit_log.service import record
from eventline_api.job_executions import store
from eventline_api.job_executions.execution import JobExecutionFinished, JobExecutionNotFinished
from eventline_common.bus import Subjects
from eventline_common.db.session import Tx
from eventline_common.executions import abort, restart
from eventline_common.http.caller import CallerInProject
from eventline_common.http.transactions import Announcements
from eventline_common.ids import ExecutionId


async def abort_execution(
    tx: Tx,
    caller: CallerInProject,
    id: ExecutionId,
    announcements: Announcements,
    subjects: Subjects,
    *,
    default_retention: int | None,
    now: datetime,
) -> None:
    """Abort an execution at once; whoever runs it is told to stop. Raise UnknownJobExecution, JobExecutionFinished."""
    execution = await store.get_execution(tx, caller.project_id, id)
    ended = await abort(tx, [id], now=now, default_retention=default_retention)
    if not ended:
        raise JobExecutionFinished(id)
    name = str(execution.job_spec["name"])
    await record(tx, caller, "abort", "job_execution", id=id, name=name, now=now)
    for each in ended:
        if each.holder is not None:
            announcements.add(subjects.execution_abort(id))
        if each.next is not None:
            announcements.add(subjects.execution_run(each.next.runner), each.next.id.encode())
        announcements.add(subjects.execution_status(each.project_id, each.status), id.encode())
        if each.notified:
            announcements.add(subjects.notification())
        if each.followed:
            announcements.add(subjects.subscription())


async def restart_execution(
    tx: Tx,
    caller: CallerInProject,
    id: ExecutionId,
    announcements: Announcements,
    subjects: Subjects,
    *,
    now: datetime,
) -> None:
    """Let a finished execution run again. Raise UnknownJobExecution, JobExecutionNotFinished."""
    execution = await store.get_execution(tx, caller.project_id, id)
    restarted = await restart(tx, [id], now=now)
    if not restarted:
        raise JobExecutionNotFinished(id)
    name = str(execution.job_spec["name"])
    await record(tx, caller, "restart", "job_execution", id=id, name=name, now=now)
    for each in restarted:
        if each.runnable:
            announcements.add(subjects.execution_run(each.runner), id.encode())
        announcements.add(subjects.execution_status(each.project_id, "created"), id.encode())

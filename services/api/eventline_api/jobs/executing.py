"""Executing jobs by hand: requests that come together share one transaction (`docs/design/engine.md`, section 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from eventline_api.audit_log.service import audit_entry, record_all
from eventline_api.job_executions.execution import JobExecution
from eventline_api.jobs.errors import UnknownJob
from eventline_api.jobs.execution_store import Executable, list_executable
from eventline_api.jobs.specification import complete_parameters
from eventline_common.bus import Bus
from eventline_common.clock import Clock
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.session import Database, Tx
from eventline_common.errors import InvalidRequestBody
from eventline_common.executions import Instantiated, NewExecution, instantiate
from eventline_common.http.caller import CallerInProject
from eventline_common.ids import ExecutionId, JobId, new_id
from eventline_common.runtime.batch import Batch

_LARGEST_BATCH = 200
_BATCHES_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class ExecutionRequest:
    """A job to execute, on behalf of whom, with the parameters that were given."""

    job_id: JobId
    caller: CallerInProject
    parameters: Mapping[str, object]
    trace_parent: str | None = None


@dataclass(frozen=True, slots=True)
class _Accepted:
    caller: CallerInProject
    new: NewExecution
    job: Executable


class ManualExecutions:
    """Instantiates jobs on request; one per process."""

    def __init__(self, database: Database, bus: Bus, clock: Clock, cipher: IdentityCipher) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._cipher = cipher
        self._batch: Batch[ExecutionRequest, JobExecution] = Batch(
            self._instantiate_all, limit=_LARGEST_BATCH, name="manual executions", parallel=_BATCHES_AT_ONCE
        )

    async def execute(self, request: ExecutionRequest) -> JobExecution:
        """Return the execution, which is stored and hinted; raise UnknownJob, InvalidRequestBody."""
        return await self._batch.add(request)

    async def close(self) -> None:
        """Finish what was asked for, then refuse more."""
        await self._batch.close()

    async def _instantiate_all(self, requests: Sequence[ExecutionRequest]) -> Sequence[JobExecution | Exception]:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            jobs = await list_executable(
                tx,
                list({request.job_id: None for request in requests}),
                list({request.caller.project_id: None for request in requests}),
            )
            decided = [_decide(request, jobs.get(request.job_id), self._cipher, now) for request in requests]
            accepted = [each for each in decided if isinstance(each, _Accepted)]
            created = await _create(tx, accepted, now)
        await self._announce(created)
        return [_execution(each, now) if isinstance(each, _Accepted) else each for each in decided]

    async def _announce(self, created: Sequence[Instantiated]) -> None:
        subjects = self._bus.subjects
        for execution in created:
            if execution.runnable:
                await self._bus.publish(subjects.execution_run(execution.runner), execution.id.encode())
        for execution in created:
            await self._bus.publish(subjects.execution_status(execution.project_id, "created"), execution.id.encode())


async def _create(tx: Tx, accepted: Sequence[_Accepted], now: datetime) -> Sequence[Instantiated]:
    if not accepted:
        return []
    created = await instantiate(tx, [each.new for each in accepted], now=now)
    entries = [
        audit_entry(
            each.caller,
            "execute",
            "job",
            id=each.job.id,
            name=str(each.job.spec["name"]),
            details={"job_execution_id": each.new.id},
            now=now,
        )
        for each in accepted
    ]
    await record_all(tx, entries)
    return created


def _decide(
    request: ExecutionRequest, job: Executable | None, cipher: IdentityCipher, now: datetime
) -> _Accepted | UnknownJob | InvalidRequestBody:
    if job is None or job.project_id != request.caller.project_id:
        return UnknownJob(request.job_id)
    try:
        parameters = complete_parameters(job.spec, request.parameters)
    except InvalidRequestBody as error:
        return error
    id = ExecutionId(new_id(now))
    new = NewExecution(
        project_id=job.project_id,
        job_id=job.id,
        revision_id=job.revision_id,
        scheduled_time=now,
        concurrent=job.concurrent,
        runner=job.runner,
        step_count=job.step_count,
        parameters=parameters.shown or None,
        trace_parent=request.trace_parent,
        secret_parameters=cipher.encrypt(orjson.dumps(parameters.secret), context=id) if parameters.secret else None,
        id=id,
    )
    return _Accepted(request.caller, new, job)


def _execution(accepted: _Accepted, now: datetime) -> JobExecution:
    return JobExecution(
        id=accepted.new.id,
        project_id=accepted.new.project_id,
        job_id=accepted.new.job_id,
        job_spec=accepted.job.spec,
        parameters=accepted.new.parameters,
        creation_time=now,
        update_time=now,
        scheduled_time=now,
    )

"""created: an execution comes into being, with one step execution for each step of its revision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.ids import EventId, ExecutionId, JobId, ProjectId, RevisionId, StepId, new_id


@dataclass(frozen=True, slots=True)
class NewExecution:
    """What an execution is made of; `parameters` only for manual ones, `event_id` only for triggered ones.

    `parameters` hold no secret; `secret_parameters` are the secret ones, encrypted with the id as context.
    `trace_parent` says to which trace it belongs.
    """

    project_id: ProjectId
    job_id: JobId
    revision_id: RevisionId
    scheduled_time: datetime
    concurrent: bool
    runner: str
    step_count: int
    event_id: EventId | None = None
    parameters: Mapping[str, object] | None = None
    secret_parameters: bytes | None = None
    trace_parent: str | None = None
    id: ExecutionId = field(default_factory=lambda: ExecutionId(new_id()))


@dataclass(frozen=True, slots=True)
class Instantiated:
    """An execution that was created; `runnable` when nothing of its job stands before it."""

    id: ExecutionId
    project_id: ProjectId
    job_id: JobId
    runner: str
    runnable: bool


_INSTANTIATE = """
WITH new AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::timestamptz[],
                         $8::boolean[], $9::text[], $14::bytea[], $15::text[])
      AS n (id, project_id, job_id, revision_id, event_id, parameters, scheduled_time, concurrent, runner,
            secret_parameters, trace_parent)
), created AS (
    INSERT INTO job_executions (id, project_id, job_id, revision_id, event_id, parameters, scheduled_time, concurrent,
                                runner, secret_parameters, trace_parent, creation_time, update_time)
    SELECT id, project_id, job_id, revision_id, event_id, parameters, scheduled_time, concurrent, runner,
        secret_parameters, trace_parent, $10, $10
    FROM new
    ON CONFLICT (event_id) WHERE event_id IS NOT NULL DO NOTHING
    RETURNING id, project_id, job_id, runner, concurrent, scheduled_time
), steps AS (
    INSERT INTO step_executions (id, job_execution_id, position)
    SELECT s.id, s.job_execution_id, s.position
    FROM unnest($11::text[], $12::text[], $13::integer[]) AS s (id, job_execution_id, position)
    JOIN created ON created.id = s.job_execution_id
)
SELECT c.id, c.project_id, c.job_id, c.runner,
    c.concurrent OR (
        NOT EXISTS (SELECT FROM job_executions o
                    WHERE o.job_id = c.job_id AND NOT o.concurrent AND o.status = 'created')
        AND NOT EXISTS (SELECT FROM job_executions o
                        WHERE o.job_id = c.job_id AND NOT o.concurrent AND o.holder IS NOT NULL)
        AND NOT EXISTS (SELECT FROM created o
                        WHERE o.job_id = c.job_id AND (o.scheduled_time, o.id) < (c.scheduled_time, c.id))) AS runnable
FROM created c
ORDER BY c.scheduled_time, c.id
"""


async def instantiate(tx: Tx, executions: Sequence[NewExecution], *, now: datetime) -> list[Instantiated]:
    """Create executions; one whose event already has an execution is left out of the answer.

    The caller commits, then hints those that are runnable.
    """
    steps = [(StepId(new_id(now)), e.id, n) for e in executions for n in range(1, e.step_count + 1)]
    rows = await tx.fetch(
        _INSTANTIATE,
        [e.id for e in executions],
        [e.project_id for e in executions],
        [e.job_id for e in executions],
        [e.revision_id for e in executions],
        [e.event_id for e in executions],
        [e.parameters for e in executions],
        [e.scheduled_time for e in executions],
        [e.concurrent for e in executions],
        [e.runner for e in executions],
        now,
        [s[0] for s in steps],
        [s[1] for s in steps],
        [s[2] for s in steps],
        [e.secret_parameters for e in executions],
        [e.trace_parent for e in executions],
    )
    return [Instantiated(r["id"], r["project_id"], r["job_id"], r["runner"], r["runnable"]) for r in rows]

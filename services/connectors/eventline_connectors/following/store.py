"""The statements on ends of executions and on who follows them."""

from collections.abc import Mapping, Sequence

from eventline_common.db.session import Row, Tx
from eventline_common.ids import ProjectId, SubscriptionId
from eventline_connectors.following.domain import Finished, FollowerSubscription

# The depth of an execution that follows another is in the data of its event.
_TAKE = """
SELECT f.*, p.name AS project_name, j.name AS job_name,
    CASE WHEN v.connector = 'eventline' AND jsonb_typeof(v.data -> 'depth') = 'number'
         THEN (v.data ->> 'depth')::numeric::integer ELSE 0 END + 1 AS depth
FROM finished_executions f
LEFT JOIN projects p ON p.id = f.project_id
LEFT JOIN jobs j ON j.id = f.job_id
LEFT JOIN job_executions e ON e.id = f.job_execution_id
LEFT JOIN events v ON v.id = e.event_id
ORDER BY f.end_time LIMIT $1
FOR UPDATE OF f SKIP LOCKED
"""

_LIST_FOLLOWERS = """
SELECT id, project_id, job_id, parameters FROM subscriptions
WHERE connector = 'eventline' AND event = 'job_execution_finished' AND status = 'active'
  AND project_id = ANY($1::text[]) AND job_id IS NOT NULL
ORDER BY id
"""

_DELETE = """
DELETE FROM finished_executions f USING unnest($1::text[], $2::integer[]) AS d (id, attempt)
WHERE f.job_execution_id = d.id AND f.attempt = d.attempt
"""

_SET_ERRORS = """
UPDATE subscriptions s SET error_message = n.error_message
FROM unnest($1::text[], $2::text[]) AS n (id, error_message)
WHERE s.id = n.id AND s.status = 'active' AND s.error_message IS DISTINCT FROM n.error_message
"""


async def take_finished(tx: Tx, *, limit: int) -> Sequence[Finished]:
    """Lock the oldest ends of executions that nobody else has."""
    return [_finished(row) for row in await tx.fetch(_TAKE, limit)]


async def list_followers(tx: Tx, project_ids: Sequence[ProjectId]) -> Sequence[FollowerSubscription]:
    """Return the active followers in projects."""
    rows = await tx.fetch(_LIST_FOLLOWERS, list(project_ids))
    return [FollowerSubscription(row["id"], row["project_id"], row["job_id"], row["parameters"]) for row in rows]


async def delete_finished(tx: Tx, finished: Sequence[Finished]) -> None:
    """Forget ends that everybody has been told of."""
    if finished:
        await tx.execute(_DELETE, [each.execution_id for each in finished], [each.attempt for each in finished])


async def set_errors(tx: Tx, errors: Mapping[SubscriptionId, str | None]) -> None:
    """Keep what is wrong with followers, for people to see; None is that nothing is."""
    if errors:
        await tx.execute(_SET_ERRORS, list(errors), list(errors.values()))


def _finished(row: Row) -> Finished:
    return Finished(
        execution_id=row["job_execution_id"],
        attempt=row["attempt"],
        project_id=row["project_id"],
        project_name=row["project_name"],
        job_id=row["job_id"],
        job_name=row["job_name"],
        status=row["status"],
        start_time=row["start_time"],
        end_time=row["end_time"],
        failure_message=row["failure_message"],
        depth=row["depth"],
    )

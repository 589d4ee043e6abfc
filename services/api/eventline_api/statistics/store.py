"""The statements that count and time executions; all of them walk along indexes of one job (G-91)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from eventline_common.db.session import Row, Tx
from eventline_common.ids import ExecutionId, JobId, ProjectId


class Granularity(StrEnum):
    """How wide a bucket is, in UTC."""

    DAY = "day"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class LastExecution:
    """The execution of a job that was created last."""

    id: ExecutionId
    status: str
    scheduled_time: datetime
    start_time: datetime | None
    end_time: datetime | None


@dataclass(frozen=True, slots=True)
class JobStatistics:
    """How a job has gone: counts are of executions that ended in a period; durations are in seconds."""

    job_id: JobId
    last_execution: LastExecution | None
    successful: int
    failed: int
    aborted: int
    median_duration: float | None

    @property
    def count(self) -> int:
        """The number of executions that ended."""
        return self.successful + self.failed + self.aborted

    @property
    def success_ratio(self) -> float | None:
        """The share of executions that were successful, between 0 and 1."""
        return self.successful / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """What became of the executions that started in a bucket."""

    start: datetime
    started: int
    successful: int
    aborted: int
    failed: int


@dataclass(frozen=True, slots=True)
class RunningTimes:
    """How long the successful executions that started in a bucket took, in seconds."""

    start: datetime
    p99: float
    p80: float
    p50: float


# Identifiers are in order of creation to the second only: among the greatest, the time of creation decides.
_STATISTICS = """
SELECT j.id AS job_id, l.id, l.status, l.scheduled_time, l.start_time, l.end_time,
    c.successful, c.failed, c.aborted, c.median_duration
FROM jobs j
LEFT JOIN LATERAL (
    SELECT * FROM (
        SELECT e.id, e.status, e.creation_time, e.scheduled_time, e.start_time, e.end_time FROM job_executions e
        WHERE e.job_id = j.id ORDER BY e.id DESC LIMIT 50) latest
    ORDER BY latest.creation_time DESC, latest.id DESC LIMIT 1) l ON true
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE e.status = 'successful') AS successful,
        count(*) FILTER (WHERE e.status = 'failed') AS failed,
        count(*) FILTER (WHERE e.status = 'aborted') AS aborted,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM e.end_time - e.start_time)::float8)
            FILTER (WHERE e.status = 'successful') AS median_duration
    FROM job_executions e WHERE e.job_id = j.id AND e.end_time IS NOT NULL AND e.end_time >= $3) c
WHERE j.project_id = $1 AND j.id = ANY($2::text[])
"""

# What started in a period ended after its beginning, or still runs.
_STATUS_COUNTS = """
SELECT date_trunc($4, e.start_time, 'UTC') AS bucket, count(*) AS started,
    count(*) FILTER (WHERE e.status = 'successful') AS successful,
    count(*) FILTER (WHERE e.status = 'aborted') AS aborted,
    count(*) FILTER (WHERE e.status = 'failed') AS failed
FROM (
    SELECT start_time, status FROM job_executions WHERE job_id = $1 AND end_time IS NOT NULL AND end_time >= $2
    UNION ALL
    SELECT start_time, status FROM job_executions WHERE job_id = $1 AND status = 'started'
) e
WHERE e.start_time >= $2 AND e.start_time < $3
GROUP BY bucket ORDER BY bucket
"""

_RUNNING_TIMES = """
SELECT date_trunc($4, e.start_time, 'UTC') AS bucket,
    percentile_cont(ARRAY[0.99, 0.8, 0.5])
        WITHIN GROUP (ORDER BY extract(epoch FROM e.end_time - e.start_time)::float8) AS percentiles
FROM job_executions e
WHERE e.job_id = $1 AND e.end_time IS NOT NULL AND e.end_time >= $2 AND e.status = 'successful'
  AND e.start_time >= $2 AND e.start_time < $3
GROUP BY bucket ORDER BY bucket
"""


async def list_statistics(
    tx: Tx, project_id: ProjectId, ids: Sequence[JobId], *, since: datetime
) -> Mapping[JobId, JobStatistics]:
    """Return the statistics of jobs of a project over what ended since a moment; unknown ones are left out."""
    rows = await tx.fetch(_STATISTICS, project_id, list(ids), since)
    return {row["job_id"]: _statistics(row) for row in rows}


async def list_status_counts(
    tx: Tx, id: JobId, *, start: datetime, end: datetime, granularity: Granularity
) -> Sequence[StatusCounts]:
    """Return the buckets in which executions of a job started, in order."""
    rows = await tx.fetch(_STATUS_COUNTS, id, start, end, granularity.value)
    return [StatusCounts(r["bucket"], r["started"], r["successful"], r["aborted"], r["failed"]) for r in rows]


async def list_running_times(
    tx: Tx, id: JobId, *, start: datetime, end: datetime, granularity: Granularity
) -> Sequence[RunningTimes]:
    """Return the buckets in which successful executions of a job started, in order."""
    rows = await tx.fetch(_RUNNING_TIMES, id, start, end, granularity.value)
    return [RunningTimes(row["bucket"], *row["percentiles"]) for row in rows]


def _statistics(row: Row) -> JobStatistics:
    last = (row["id"], row["status"], row["scheduled_time"], row["start_time"], row["end_time"])
    return JobStatistics(
        job_id=row["job_id"],
        last_execution=LastExecution(*last) if row["id"] else None,
        successful=row["successful"],
        failed=row["failed"],
        aborted=row["aborted"],
        median_duration=row["median_duration"],
    )

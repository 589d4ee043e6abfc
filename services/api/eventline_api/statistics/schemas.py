"""Statistics on the wire (contract service-config, section 15)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from eventline_api.statistics.store import JobStatistics, RunningTimes, StatusCounts
from eventline_common.domain.states import Status
from eventline_common.http.views import Id


class LastExecutionView(BaseModel):
    """The execution that was created last."""

    id: Id
    status: Status = Field(examples=["successful"])
    scheduled_time: datetime
    start_time: datetime | None = None
    end_time: datetime | None = None


class LastSevenDaysView(BaseModel):
    """What ended in the last seven days."""

    count: int = Field(examples=[10])
    successful: int = Field(examples=[8])
    failed: int = Field(examples=[1])
    aborted: int = Field(examples=[1])
    success_ratio: float | None = Field(
        default=None, ge=0, le=1, description="Absent when nothing ended.", examples=[0.8]
    )
    median_duration: float | None = Field(
        default=None, description="Of successful executions, in seconds.", examples=[1.5]
    )


class JobStatisticsView(BaseModel):
    """How a job has gone."""

    job_id: Id
    last_execution: LastExecutionView | None = None
    last_7_days: LastSevenDaysView


class JobStatisticsListView(BaseModel):
    """How several jobs have gone, in the order in which they were asked for."""

    elements: list[JobStatisticsView]


# [bucket start (Unix seconds), started, successful, aborted, failed]
StatusCountsView = Annotated[list[list[int]] | None, Field(examples=[[[1767225600, 10, 8, 1, 1]]])]

# [bucket start (Unix seconds), p99, p80, p50], in seconds
RunningTimesView = Annotated[list[list[float]] | None, Field(examples=[[[1767225600, 9.5, 4.2, 1.5]]])]


def statistics_view(statistics: JobStatistics) -> dict[str, object]:
    """Return the object of a job's statistics; what is absent is omitted."""
    last = statistics.last_execution
    week: dict[str, object] = {
        "count": statistics.count,
        "successful": statistics.successful,
        "failed": statistics.failed,
        "aborted": statistics.aborted,
    }
    if statistics.success_ratio is not None:
        week["success_ratio"] = statistics.success_ratio
    if statistics.median_duration is not None:
        week["median_duration"] = statistics.median_duration
    view: dict[str, object] = {"job_id": statistics.job_id}
    if last is not None:
        times = {"start_time": last.start_time, "end_time": last.end_time}
        given = {name: time for name, time in times.items() if time is not None}
        view["last_execution"] = {
            "id": last.id, "status": last.status, "scheduled_time": last.scheduled_time, **given
        }  # fmt: skip
    return {**view, "last_7_days": week}


def status_counts_view(buckets: Sequence[StatusCounts]) -> list[list[int]] | None:
    """Return an array per bucket, or nothing when there is none."""
    return [[_seconds(b.start), b.started, b.successful, b.aborted, b.failed] for b in buckets] or None


def running_times_view(buckets: Sequence[RunningTimes]) -> list[list[float]] | None:
    """Return an array per bucket, or nothing when there is none."""
    return [[_seconds(b.start), b.p99, b.p80, b.p50] for b in buckets] or None


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())

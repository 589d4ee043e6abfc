"""The routes of job statistics (contract service-config, section 15)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import WithJsonSchema
from starlette.responses import Response

from eventline_api.context import Now
from eventline_api.jobs.errors import UnknownJob
from eventline_api.jobs.store import require_job
from eventline_api.query_parameters import MOMENT_SCHEMA, read_choice, read_id, read_moment
from eventline_api.statistics import store
from eventline_api.statistics.schemas import (
    JobStatisticsListView,
    JobStatisticsView,
    RunningTimesView,
    StatusCountsView,
    running_times_view,
    statistics_view,
    status_counts_view,
)
from eventline_api.statistics.store import Granularity
from eventline_common.errors import InvalidQueryParameter
from eventline_common.http.callers import ProjectCaller
from eventline_common.http.documents import answers
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.path_variables import ID_PATTERN, PathId
from eventline_common.http.transactions import Reading
from eventline_common.ids import JobId

router = APIRouter(tags=["statistics"])

_ID = "/jobs/id/{id}/statistics"
_WEEK = timedelta(days=7)
_DEFAULT_PERIOD = timedelta(days=30)
_JOBS_AT_ONCE = 100
_GRANULARITY_SCHEMA = {"type": "string", "enum": [choice.value for choice in Granularity]}
_ID_PATTERN = ID_PATTERN.removeprefix("^").removesuffix("$")
_IDS_SCHEMA = {"type": "string", "pattern": f"^({_ID_PATTERN}(,{_ID_PATTERN}){{0,99}})?$"}


@dataclass(frozen=True, slots=True)
class _Period:
    start: datetime
    end: datetime
    granularity: Granularity


async def _period(
    now: Now,
    start: Annotated[
        str | None,
        WithJsonSchema(MOMENT_SCHEMA),
        Query(description="RFC 3339 or Unix seconds; by default 30 days before end."),
    ] = None,
    end: Annotated[
        str | None,
        WithJsonSchema(MOMENT_SCHEMA),
        Query(description="RFC 3339 or Unix seconds, not included; by default now."),
    ] = None,
    granularity: Annotated[
        str | None,
        WithJsonSchema(_GRANULARITY_SCHEMA),
        Query(description="`day` (default) or `hour`: the width of buckets."),
    ] = None,
) -> _Period:
    last = read_moment("end", end) or now
    first = read_moment("start", start)
    if first is None:
        first = max(last, datetime.min.replace(tzinfo=last.tzinfo) + _DEFAULT_PERIOD) - _DEFAULT_PERIOD
    if first > last:
        raise InvalidQueryParameter("invalid query parameter start: it is later than end")
    width = read_choice("granularity", granularity, tuple(choice.value for choice in Granularity))
    return _Period(first, last, Granularity(width or Granularity.DAY))


@router.get(
    "/job_statistics",
    summary="Fetch the statistics of several jobs",
    responses=answers(200, JobStatisticsListView, InvalidQueryParameter),
)
async def list_statistics(
    caller: ProjectCaller,
    now: Now,
    tx: Reading,
    job: Annotated[
        str,
        WithJsonSchema(_IDS_SCHEMA),
        Query(description="Identifiers of jobs, separated by commas; unknown ones are left out."),
    ] = "",
) -> Response:
    ids = [JobId(read_id("job", text) or "") for text in job.split(",") if text]
    if len(ids) > _JOBS_AT_ONCE:
        raise InvalidQueryParameter(f"invalid query parameter job: more than {_JOBS_AT_ONCE} identifiers")
    found = await store.list_statistics(tx, caller.project_id, ids, since=now - _WEEK)
    return JsonResponse({"elements": [statistics_view(found[id]) for id in dict.fromkeys(ids) if id in found]})


@router.get(_ID, summary="Fetch the statistics of a job", responses=answers(200, JobStatisticsView, UnknownJob))
async def fetch(caller: ProjectCaller, id: PathId, now: Now, tx: Reading) -> Response:
    found = await store.list_statistics(tx, caller.project_id, [JobId(id)], since=now - _WEEK)
    if JobId(id) not in found:
        raise UnknownJob(id)
    return JsonResponse(statistics_view(found[JobId(id)]))


@router.get(
    f"{_ID}/status_counts",
    summary="Count the executions of a job over time",
    responses=answers(200, StatusCountsView, UnknownJob, InvalidQueryParameter),
)
async def count_statuses(
    caller: ProjectCaller, id: PathId, period: Annotated[_Period, Depends(_period)], tx: Reading
) -> Response:
    await require_job(tx, caller.project_id, JobId(id))
    buckets = await store.list_status_counts(
        tx, JobId(id), start=period.start, end=period.end, granularity=period.granularity
    )
    return JsonResponse(status_counts_view(buckets))


@router.get(
    f"{_ID}/running_times",
    summary="Fetch the distribution of the running times of a job over time",
    responses=answers(200, RunningTimesView, UnknownJob, InvalidQueryParameter),
)
async def distribute_running_times(
    caller: ProjectCaller, id: PathId, period: Annotated[_Period, Depends(_period)], tx: Reading
) -> Response:
    await require_job(tx, caller.project_id, JobId(id))
    buckets = await store.list_running_times(
        tx, JobId(id), start=period.start, end=period.end, granularity=period.granularity
    )
    return JsonResponse(running_times_view(buckets))

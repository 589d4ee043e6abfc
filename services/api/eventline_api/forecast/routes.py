"""The routes that tell which ticks are to come."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import WithJsonSchema
from starlette.responses import Response

from eventline_api.context import Now
from eventline_api.forecast.schemas import ForecastView, forecast_view
from eventline_api.forecast.store import list_timers
from eventline_api.forecast.ticks import upcoming_ticks
from eventline_api.jobs.errors import UnknownJob
from eventline_api.jobs.store import require_job
from eventline_api.query_parameters import read_integer
from eventline_common.errors import InvalidQueryParameter
from eventline_common.http.callers import ProjectCaller
from eventline_common.http.documents import answers
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.path_variables import PathId
from eventline_common.http.transactions import Reading
from eventline_common.ids import JobId

router = APIRouter(tags=["forecast"])

_DEFAULT_COUNT = 10
_LARGEST_COUNT = 1000


async def _count(
    count: Annotated[
        str | None,
        WithJsonSchema({"type": "integer", "minimum": 1, "maximum": _LARGEST_COUNT}),
        Query(description="The largest number of ticks, by default 10."),
    ] = None,
) -> int:
    return read_integer("count", count, least=1, most=_LARGEST_COUNT) or _DEFAULT_COUNT


_Count = Annotated[int, Depends(_count)]


@router.get(
    "/forecast",
    summary="Tell the next ticks of all timers of the project",
    responses=answers(200, ForecastView, InvalidQueryParameter),
)
async def foresee_project(caller: ProjectCaller, count: _Count, now: Now, tx: Reading) -> Response:
    timers = await list_timers(tx, caller.project_id, job_id=None, limit=count)
    return JsonResponse(forecast_view(upcoming_ticks(timers, count=count, now=now)))


@router.get(
    "/jobs/id/{id}/forecast",
    summary="Tell the next ticks of the timer of a job",
    responses=answers(200, ForecastView, UnknownJob, InvalidQueryParameter),
)
async def foresee_job(caller: ProjectCaller, id: PathId, count: _Count, now: Now, tx: Reading) -> Response:
    await require_job(tx, caller.project_id, JobId(id))
    timers = await list_timers(tx, caller.project_id, job_id=JobId(id), limit=1)
    return JsonResponse(forecast_view(upcoming_ticks(timers, count=count, now=now)))

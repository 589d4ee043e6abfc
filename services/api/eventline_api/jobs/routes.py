"""The routes of jobs (contract http-api, sections 10.4 and 10.5), and favourites."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import WithJsonSchema
from starlette.responses import Response

from eventline_api.context import Api, Now
from eventline_api.job_executions.schemas import JobExecutionView, execution_view
from eventline_api.jobs import service, store
from eventline_api.jobs.bodies import read_execution_input, read_rename
from eventline_api.jobs.errors import DuplicateJobName, JobLoop, UnknownJob
from eventline_api.jobs.executing import ExecutionRequest
from eventline_api.jobs.schemas import ExecutionInput, JobView, RenameBody, job_view
from eventline_api.query_parameters import BOOLEAN_SCHEMA, read_boolean
from eventline_common.errors import InvalidQueryParameter
from eventline_common.http.callers import ProjectCaller
from eventline_common.http.cursors import cursor_of
from eventline_common.http.documents import answers, takes
from eventline_common.http.json_response import JsonResponse, no_content
from eventline_common.http.paging import Cursor, page_view
from eventline_common.http.path_variables import PathId, PathName
from eventline_common.http.platform import JsonBody
from eventline_common.http.transactions import AfterCommit, Reading, Transaction
from eventline_common.http.views import PageView
from eventline_common.ids import JobId
from eventline_common.tracing import current_trace_parent

router = APIRouter(tags=["jobs"])

_ID = "/jobs/id/{id}"


@router.get("/jobs", summary="List jobs", responses=answers(200, PageView[JobView], InvalidQueryParameter))
async def list_jobs(
    caller: ProjectCaller,
    cursor: Annotated[Cursor, Depends(cursor_of(store.JOBS))],
    tx: Reading,
    favourite: Annotated[
        str | None,
        WithJsonSchema(BOOLEAN_SCHEMA),
        Query(description="Only jobs that are (`true`) or are not (`false`) favourites of the caller."),
    ] = None,
) -> Response:
    wanted = read_boolean("favourite", favourite)
    if wanted is None:
        found = await store.list_jobs(tx, caller.project_id, cursor)
    else:
        account_id = caller.account.id
        found = await store.list_jobs_by_favour(tx, caller.project_id, cursor, account_id=account_id, favourite=wanted)
    return JsonResponse(page_view(found, cursor, job_view))


@router.get(_ID, summary="Fetch a job", responses=answers(200, JobView, UnknownJob))
async def fetch(caller: ProjectCaller, id: PathId, tx: Reading) -> Response:
    return JsonResponse(job_view(await store.get_job(tx, caller.project_id, JobId(id))))


@router.get("/jobs/name/{name}", summary="Fetch a job by name", responses=answers(200, JobView, UnknownJob))
async def fetch_by_name(caller: ProjectCaller, name: PathName, tx: Reading) -> Response:
    return JsonResponse(job_view(await store.get_job_by_name(tx, caller.project_id, name)))


@router.delete(
    _ID, status_code=204, summary="Delete a job with its executions", responses=answers(204, None, UnknownJob)
)
async def delete(
    caller: ProjectCaller, id: PathId, now: Now, api: Api, announcements: AfterCommit, tx: Transaction
) -> Response:
    await service.delete_job(tx, caller, JobId(id), announcements, api.bus.subjects, now=now)
    return no_content()


@router.post(
    f"{_ID}/rename",
    status_code=204,
    summary="Rename a job",
    responses=answers(204, None, UnknownJob, DuplicateJobName, JobLoop),
    openapi_extra=takes(RenameBody),
)
async def rename(caller: ProjectCaller, id: PathId, body: JsonBody, now: Now, tx: Transaction) -> Response:
    name, description = read_rename(body)
    await service.rename_job(tx, caller, JobId(id), name, description, now=now)
    return no_content()


@router.post(f"{_ID}/enable", status_code=204, summary="Enable a job", responses=answers(204, None, UnknownJob))
async def enable(caller: ProjectCaller, id: PathId, now: Now, tx: Transaction) -> Response:
    await service.switch_job(tx, caller, JobId(id), disabled=False, now=now)
    return no_content()


@router.post(
    f"{_ID}/disable",
    status_code=204,
    summary="Disable a job: its trigger makes no executions",
    responses=answers(204, None, UnknownJob),
)
async def disable(caller: ProjectCaller, id: PathId, now: Now, tx: Transaction) -> Response:
    await service.switch_job(tx, caller, JobId(id), disabled=True, now=now)
    return no_content()


@router.put(
    f"{_ID}/favourite",
    status_code=204,
    summary="Make a job a favourite of the caller",
    responses=answers(204, None, UnknownJob),
)
async def add_favourite(caller: ProjectCaller, id: PathId, now: Now, tx: Transaction) -> Response:
    await service.favour_job(tx, caller, JobId(id), favourite=True, now=now)
    return no_content()


@router.delete(
    f"{_ID}/favourite",
    status_code=204,
    summary="Make a job no favourite of the caller",
    responses=answers(204, None, UnknownJob),
)
async def remove_favourite(caller: ProjectCaller, id: PathId, now: Now, tx: Transaction) -> Response:
    await service.favour_job(tx, caller, JobId(id), favourite=False, now=now)
    return no_content()


# No transaction of its own: executions that are asked for together share one.
@router.post(
    f"{_ID}/execute",
    summary="Execute a job",
    responses=answers(200, JobExecutionView, UnknownJob),
    openapi_extra=takes(ExecutionInput),
)
async def execute(caller: ProjectCaller, id: PathId, body: JsonBody, api: Api) -> Response:
    request = ExecutionRequest(JobId(id), caller, read_execution_input(body), current_trace_parent())
    return JsonResponse(execution_view(await api.manual_executions.execute(request)))

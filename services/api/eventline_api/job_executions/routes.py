"""The routes of job executions (contract http-api, section 10.6), and those that the original lacks (G-64)."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from eventline_api.context import Api, Now
from eventline_api.job_executions import service, store
from eventline_api.job_executions.execution import (
    ExecutionFilter,
    JobExecutionFinished,
    JobExecutionNotFinished,
    UnknownJobExecution,
)
from eventline_api.job_executions.filters import executions_of_job, executions_of_project
from eventline_api.job_executions.list_store import JOB_EXECUTIONS
from eventline_api.job_executions.list_store import list_executions as fetch_page
from eventline_api.job_executions.schemas import JobExecutionView, StepExecutionsView, execution_view, steps_view
from eventline_api.jobs.errors import UnknownJob
from eventline_api.jobs.store import require_job
from eventline_common.errors import InvalidQueryParameter
from eventline_common.http.callers import ProjectCaller
from eventline_common.http.cursors import cursor_of
from eventline_common.http.documents import answers
from eventline_common.http.json_response import JsonResponse, no_content
from eventline_common.http.paging import Cursor, page_view
from eventline_common.http.path_variables import PathId
from eventline_common.http.transactions import AfterCommit, Reading, Transaction
from eventline_common.http.views import PageView
from eventline_common.ids import ExecutionId, JobId

router = APIRouter(tags=["job_executions"])

_ID = "/job_executions/id/{id}"
_Cursor = Annotated[Cursor, Depends(cursor_of(JOB_EXECUTIONS))]


@router.get(
    "/job_executions",
    summary="List the job executions of the project",
    responses=answers(200, PageView[JobExecutionView], InvalidQueryParameter),
)
async def list_executions(
    caller: ProjectCaller,
    cursor: _Cursor,
    wanted: Annotated[ExecutionFilter, Depends(executions_of_project)],
    tx: Reading,
) -> Response:
    found = await fetch_page(tx, caller.project_id, wanted, cursor)
    return JsonResponse(page_view(found, cursor, execution_view))


@router.get(
    "/jobs/id/{id}/job_executions",
    summary="List the executions of a job",
    responses=answers(200, PageView[JobExecutionView], UnknownJob, InvalidQueryParameter),
)
async def list_executions_of_job(
    caller: ProjectCaller,
    id: PathId,
    cursor: _Cursor,
    wanted: Annotated[ExecutionFilter, Depends(executions_of_job)],
    tx: Reading,
) -> Response:
    await require_job(tx, caller.project_id, JobId(id))
    found = await fetch_page(tx, caller.project_id, replace(wanted, job_id=JobId(id)), cursor)
    return JsonResponse(page_view(found, cursor, execution_view))


@router.get(_ID, summary="Fetch a job execution", responses=answers(200, JobExecutionView, UnknownJobExecution))
async def fetch(caller: ProjectCaller, id: PathId, tx: Reading) -> Response:
    return JsonResponse(execution_view(await store.get_execution(tx, caller.project_id, ExecutionId(id))))


@router.get(
    f"{_ID}/steps",
    summary="List the steps of a job execution",
    responses=answers(200, StepExecutionsView, UnknownJobExecution),
)
async def list_steps(caller: ProjectCaller, id: PathId, tx: Reading) -> Response:
    steps = await store.list_steps(tx, caller.project_id, ExecutionId(id))
    if not steps:
        await store.require_execution(tx, caller.project_id, ExecutionId(id))
    return JsonResponse(steps_view(steps))


@router.post(
    f"{_ID}/abort",
    status_code=204,
    summary="Abort a job execution",
    responses=answers(204, None, UnknownJobExecution, JobExecutionFinished),
)
async def abort(
    caller: ProjectCaller, id: PathId, now: Now, api: Api, announcements: AfterCommit, tx: Transaction
) -> Response:
    await service.abort_execution(
        tx,
        caller,
        ExecutionId(id),
        announcements,
        api.bus.subjects,
        default_retention=api.settings.job_execution_retention,
        now=now,
    )
    return no_content()


@router.post(
    f"{_ID}/restart",
    status_code=204,
    summary="Restart a job execution",
    responses=answers(204, None, UnknownJobExecution, JobExecutionNotFinished),
)
async def restart(
    caller: ProjectCaller, id: PathId, now: Now, api: Api, announcements: AfterCommit, tx: Transaction
) -> Response:
    await service.restart_execution(tx, caller, ExecutionId(id), announcements, api.bus.subjects, now=now)
    return no_content()

"""The routes of job revisions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import WithJsonSchema
from starlette.responses import Response

from eventline_api.context import Api, Now
from eventline_api.job_revisions import service, store
from eventline_api.job_revisions.schemas import JobRevisionView, RevisionDifferencesView, revision_view
from eventline_api.job_revisions.store import UnknownJobRevision
from eventline_api.jobs.errors import UnknownJob
from eventline_api.jobs.schemas import JobView, job_view
from eventline_api.jobs.specification import SpecificationRules
from eventline_api.jobs.store import require_job
from eventline_api.query_parameters import read_integer
from eventline_common.errors import InvalidQueryParameter, InvalidRequestBody, InvalidRouteVariable
from eventline_common.http.callers import ProjectCaller
from eventline_common.http.cursors import cursor_of
from eventline_common.http.documents import answers
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.paging import Cursor, page_view
from eventline_common.http.path_variables import PathId
from eventline_common.http.transactions import AfterCommit, Reading, Transaction
from eventline_common.http.views import PageView
from eventline_common.ids import JobId

router = APIRouter(tags=["job_revisions"])

_ALL = "/jobs/id/{id}/revisions"
_ONE = "/jobs/id/{id}/revisions/{number}"
_LARGEST = 2**31 - 1
_SCHEMA = {"type": "integer", "minimum": 1, "maximum": _LARGEST}
_FROM_SCHEMA = {"type": "integer", "minimum": 0, "maximum": _LARGEST}


async def _number(
    number: Annotated[str, WithJsonSchema(_SCHEMA), Path(description="The number of a revision.")],
) -> int:
    if not (number.isascii() and number.isdecimal() and len(number) <= 10 and 1 <= int(number) <= _LARGEST):
        raise InvalidRouteVariable(f'invalid route variable number: "{number[:100]}" is not the number of a revision')
    return int(number)


_Number = Annotated[int, Depends(_number)]


@router.get(_ALL, summary="List the revisions of a job", responses=answers(200, PageView[JobRevisionView], UnknownJob))
async def list_revisions(
    caller: ProjectCaller, id: PathId, cursor: Annotated[Cursor, Depends(cursor_of(store.JOB_REVISIONS))], tx: Reading
) -> Response:
    await require_job(tx, caller.project_id, JobId(id))
    found = await store.list_revisions(tx, caller.project_id, JobId(id), cursor)
    return JsonResponse(page_view(found, cursor, revision_view))


@router.get(
    _ONE,
    summary="Fetch a revision",
    responses=answers(200, JobRevisionView, UnknownJob, UnknownJobRevision, InvalidRouteVariable),
)
async def fetch(caller: ProjectCaller, id: PathId, number: _Number, tx: Reading) -> Response:
    await require_job(tx, caller.project_id, JobId(id))
    return JsonResponse(revision_view(await store.get_revision(tx, caller.project_id, JobId(id), number)))


@router.get(
    f"{_ONE}/diff",
    summary="Compare a revision with another one",
    responses=answers(
        200, RevisionDifferencesView, UnknownJob, UnknownJobRevision, InvalidRouteVariable, InvalidQueryParameter
    ),
)
async def compare(
    caller: ProjectCaller,
    id: PathId,
    number: _Number,
    tx: Reading,
    from_number: Annotated[
        str | None,
        WithJsonSchema(_FROM_SCHEMA),
        Query(alias="from", description="The revision to compare with, by default the one before; 0 is nothing."),
    ] = None,
) -> Response:
    other = read_integer("from", from_number, least=0, most=_LARGEST)
    await require_job(tx, caller.project_id, JobId(id))
    found = await service.compare_revisions(
        tx, caller.project_id, JobId(id), from_number=number - 1 if other is None else other, to_number=number
    )
    return JsonResponse(found)


@router.post(
    f"{_ONE}/roll_back",
    summary="Deploy a revision once more",
    responses=answers(200, JobView, UnknownJob, UnknownJobRevision, InvalidRouteVariable, InvalidRequestBody),
)
async def roll_back(
    caller: ProjectCaller,
    id: PathId,
    number: _Number,
    now: Now,
    api: Api,
    announcements: AfterCommit,
    tx: Transaction,
) -> Response:
    rules = SpecificationRules.of(api.settings)
    subjects = api.bus.subjects
    job = await service.roll_back(tx, caller, JobId(id), number, rules, announcements, subjects, now=now)
    return JsonResponse(job_view(job))

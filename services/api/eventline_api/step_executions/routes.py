"""The routes of step executions and their output; bytes as the program wrote them."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import WithJsonSchema
from starlette.responses import Response, StreamingResponse

from eventline_api.context import Api
from eventline_api.job_executions.schemas import StepExecutionView, step_view
from eventline_api.query_parameters import read_integer
from eventline_api.step_executions import store
from eventline_api.step_executions.service import OutputRange, output_range, read_output
from eventline_api.step_executions.store import UnknownStepExecution
from eventline_common.errors import InvalidQueryParameter
from eventline_common.http.callers import ProjectCaller
from eventline_common.http.documents import answers
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.path_variables import PathId
from eventline_common.ids import StepId

router = APIRouter(tags=["step_executions"])

_ID = "/step_executions/id/{id}"
_LARGEST_OFFSET = 2**62

_Offset = Annotated[
    str | None,
    WithJsonSchema({"type": "integer", "minimum": -_LARGEST_OFFSET, "maximum": _LARGEST_OFFSET}),
    Query(description="The first byte, by default 0; a negative number counts from the end."),
]
_Limit = Annotated[
    str | None,
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": _LARGEST_OFFSET}),
    Query(description="The largest number of bytes, by default all."),
]

_HEADERS = {
    "Eventline-Output-Offset": {"description": "The offset of the first byte.", "schema": {"type": "integer"}},
    "Eventline-Output-Size": {"description": "The bytes that are stored so far.", "schema": {"type": "integer"}},
    "Eventline-Output-Complete": {
        "description": "Whether no byte will follow those that are stored.",
        "schema": {"type": "string", "enum": ["true", "false"]},
    },
}


def _bytes_answer(media_type: str, description: str) -> dict[int | str, dict[str, object]]:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}, "example": "Hello world!\n"}}
    success = {"description": description, "content": content, "headers": _HEADERS}
    rest = answers(200, None, UnknownStepExecution, InvalidQueryParameter)
    return {**rest, 200: success}


@router.get(_ID, summary="Fetch a step execution", responses=answers(200, StepExecutionView, UnknownStepExecution))
async def fetch(caller: ProjectCaller, id: PathId, api: Api) -> Response:
    async with api.database.connection() as tx:
        return JsonResponse(step_view(await store.get_step(tx, caller.project_id, StepId(id))))


@router.get(
    f"{_ID}/output",
    summary="Read the output of a step",
    response_class=Response,
    responses=_bytes_answer("application/octet-stream", "The bytes of the output"),
)
async def read(caller: ProjectCaller, id: PathId, api: Api, offset: _Offset = None, limit: _Limit = None) -> Response:
    first = read_integer("offset", offset, least=-_LARGEST_OFFSET, most=_LARGEST_OFFSET) or 0
    length = read_integer("limit", limit, least=0, most=_LARGEST_OFFSET)
    async with api.database.connection() as tx:
        step = await store.get_step(tx, caller.project_id, StepId(id))
    wanted = output_range(step, offset=first, limit=length)
    return _stream(api, wanted, media_type="application/octet-stream")


@router.get(
    f"{_ID}/log_file",
    summary="Download the output of a step as a file",
    response_class=Response,
    responses=_bytes_answer("text/plain", "The whole output, as an attachment"),
)
async def download(caller: ProjectCaller, id: PathId, api: Api) -> Response:
    async with api.database.connection() as tx:
        step = await store.get_step(tx, caller.project_id, StepId(id))
    response = _stream(api, output_range(step, offset=0, limit=None), media_type="text/plain")
    name = f"job-execution-{step.job_execution_id}-step-{step.position:03}.log"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _stream(api: Api, wanted: OutputRange, *, media_type: str) -> Response:
    headers = {
        "Eventline-Output-Offset": str(wanted.start),
        "Eventline-Output-Size": str(wanted.size),
        "Eventline-Output-Complete": "true" if wanted.complete else "false",
        "Content-Length": str(wanted.end - wanted.start),
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(read_output(api.database, wanted), headers=headers, media_type=media_type)

"""The live routes: server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from eventline_api.context import Api
from eventline_api.job_executions.execution import UnknownJobExecution
from eventline_api.job_executions.store import get_execution
from eventline_api.live.admission import while_admitted
from eventline_api.live.follower import Follower
from eventline_api.live.messages import CONTENT_TYPE, Position, message
from eventline_api.live.watcher import Watcher
from eventline_api.platform import ApiPlatform
from eventline_common.http.callers import ProjectCaller, is_admitted_to_project
from eventline_common.http.documents import answers
from eventline_common.http.path_variables import EXAMPLE_ID, PathId
from eventline_common.ids import ExecutionId

router = APIRouter(tags=["live"])

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def _stream_answer(*examples: bytes, events: Sequence[str]) -> dict[str, Any]:
    """Describe a stream by one of its messages."""
    members = {"event": {"type": "string", "enum": [*events]}, "data": {"type": "string"}, "id": {"type": "string"}}
    schema = {"type": "object", "properties": members, "required": ["event", "data"]}
    content = {"schema": schema, "example": b"".join(examples).decode()}
    return {"description": "Server-sent events; `data` is JSON", "content": {CONTENT_TYPE: content}}


_FOLLOWED = _stream_answer(
    message("output", {"step_id": EXAMPLE_ID, "position": 1, "offset": 0, "data": "SGVsbG8hCg=="}, id="1.7"),
    message("end", {"job_execution_id": EXAMPLE_ID, "status": "successful"}, id="1.7"),
    events=("execution", "step", "output", "restart", "end"),
)
_WATCHED = _stream_answer(
    message("ready", {"project_id": EXAMPLE_ID}),
    message("job_execution", {"id": EXAMPLE_ID, "job_id": EXAMPLE_ID, "status": "started"}),
    events=("ready", "job_execution", "reload"),
)

_LastEventId = Annotated[str, Header(description="The `id` of the last message that was received, to go on after it.")]


@router.get(
    "/job_executions/id/{id}/follow",
    summary="Follow a job execution and its output",
    description=(
        "Messages: `execution`, `step`, `output` (with `step_id`, `position`, `offset` and Base64 `data`), `restart`"
        " (forget what came before), and `end` when the execution is final and all its output was sent."
    ),
    response_class=Response,
    responses={**answers(200, None, UnknownJobExecution), 200: _FOLLOWED},
)
async def follow(
    caller: ProjectCaller, id: PathId, api: Api, request: Request, last_event_id: _LastEventId = ""
) -> Response:
    async with api.database.connection() as tx:
        execution = await get_execution(tx, caller.project_id, ExecutionId(id))
    resumed = Position.parse(last_event_id)
    if resumed is None and last_event_id:
        # Not an identifier of ours: the follower is told to forget what it has.
        resumed = Position(0)
    follower = Follower(api.database, api.hub, api.bus.subjects, execution, resumed)
    return _stream(follower.messages(), request, api)


@router.get(
    "/live",
    summary="Watch the executions of the project",
    description=(
        "Messages: `ready`, then `job_execution` with `id`, `job_id` and `status` for each change, and `reload` when"
        " changes may have been missed."
    ),
    response_class=Response,
    responses={200: _WATCHED},
)
async def watch(caller: ProjectCaller, api: Api, request: Request) -> Response:
    watcher = Watcher(api.database, api.hub, api.bus.subjects, caller.project_id)
    return _stream(watcher.messages(), request, api)


def _stream(messages: AsyncIterator[bytes], request: Request, api: ApiPlatform) -> Response:
    async def is_admitted() -> bool:
        return await is_admitted_to_project(request)

    admitted = while_admitted(messages, is_admitted, period=api.stream_check_period)
    return StreamingResponse(admitted, headers=_HEADERS, media_type=CONTENT_TYPE)

"""The routes of events (contract http-api, section 10.7)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import WithJsonSchema
from starlette.responses import Response

from eventline_api.context import Api, Now
from eventline_api.events import service, store
from eventline_api.events.schemas import EventView, event_view
from eventline_api.events.store import EventFilter, UnknownEvent
from eventline_api.query_parameters import (
    BOOLEAN_SCHEMA,
    ID_SCHEMA,
    MOMENT_SCHEMA,
    read_boolean,
    read_id,
    read_moment,
    read_text,
)
from eventline_common.errors import InvalidQueryParameter
from eventline_common.http.callers import ProjectCaller
from eventline_common.http.cursors import cursor_of
from eventline_common.http.documents import answers
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.paging import Cursor, page_view
from eventline_common.http.path_variables import PathId
from eventline_common.http.transactions import AfterCommit, Reading, Transaction
from eventline_common.http.views import PageView
from eventline_common.ids import EventId, JobId

router = APIRouter(tags=["events"])

_ID = "/events/id/{id}"


async def _filter(
    job: Annotated[
        str | None, WithJsonSchema(ID_SCHEMA), Query(description="Only events of the job with this identifier.")
    ] = None,
    connector: Annotated[str | None, Query(description="Only events of this connector.", examples=["github"])] = None,
    name: Annotated[str | None, Query(description="Only events with this name.", examples=["push"])] = None,
    processed: Annotated[
        str | None,
        WithJsonSchema(BOOLEAN_SCHEMA),
        Query(description="Only events that are (`true`) or are not processed."),
    ] = None,
    start: Annotated[
        str | None,
        WithJsonSchema(MOMENT_SCHEMA),
        Query(description="Only events of this time (RFC 3339 or Unix seconds) or later."),
    ] = None,
    end: Annotated[
        str | None,
        WithJsonSchema(MOMENT_SCHEMA),
        Query(description="Only events before this time (RFC 3339 or Unix seconds)."),
    ] = None,
) -> EventFilter:
    job_id = read_id("job", job)
    return EventFilter(
        job_id=JobId(job_id) if job_id else None,
        connector=read_text("connector", connector),
        name=read_text("name", name),
        processed=read_boolean("processed", processed),
        start=read_moment("start", start),
        end=read_moment("end", end),
    )


@router.get("/events", summary="List events", responses=answers(200, PageView[EventView], InvalidQueryParameter))
async def list_events(
    caller: ProjectCaller,
    cursor: Annotated[Cursor, Depends(cursor_of(store.EVENTS))],
    wanted: Annotated[EventFilter, Depends(_filter)],
    tx: Reading,
) -> Response:
    found = await store.list_events(tx, caller.project_id, wanted, cursor)
    return JsonResponse(page_view(found, cursor, event_view))


@router.get(_ID, summary="Fetch an event", responses=answers(200, EventView, UnknownEvent))
async def fetch(caller: ProjectCaller, id: PathId, tx: Reading) -> Response:
    return JsonResponse(event_view(await store.get_event(tx, caller.project_id, EventId(id))))


@router.post(f"{_ID}/replay", summary="Replay an event", responses=answers(200, EventView, UnknownEvent))
async def replay(
    caller: ProjectCaller, id: PathId, now: Now, api: Api, announcements: AfterCommit, tx: Transaction
) -> Response:
    event = await service.replay_event(tx, caller, EventId(id), announcements, api.bus.subjects, now=now)
    return JsonResponse(event_view(event))

"""`GET /audit_log`: the newest entries first, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import WithJsonSchema
from starlette.responses import Response

from eventline_api.audit_log import service, store
from eventline_api.audit_log.entry import AuditFilter
from eventline_api.audit_log.schemas import AuditEntryView, audit_entry_view
from eventline_api.query_parameters import ID_SCHEMA, MOMENT_SCHEMA, read_id, read_moment, read_text
from eventline_common.errors import InvalidQueryParameter
from eventline_common.http.callers import AdminCaller
from eventline_common.http.cursors import cursor_of
from eventline_common.http.documents import answers
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.paging import Cursor, page_view
from eventline_common.http.transactions import Reading
from eventline_common.http.views import PageView

router = APIRouter(tags=["audit_log"])


async def _filter(
    project_id: Annotated[
        str | None, WithJsonSchema(ID_SCHEMA), Query(description="Only what was done in this project.")
    ] = None,
    account_id: Annotated[
        str | None, WithJsonSchema(ID_SCHEMA), Query(description="Only what this account did.")
    ] = None,
    action: Annotated[str | None, Query(description="Only what was done this way.", examples=["deploy"])] = None,
    object_type: Annotated[
        str | None, Query(description="Only what was done to such objects.", examples=["job"])
    ] = None,
    object_id: Annotated[
        str | None, WithJsonSchema(ID_SCHEMA), Query(description="Only what was done to this object.")
    ] = None,
    start: Annotated[
        str | None,
        WithJsonSchema(MOMENT_SCHEMA),
        Query(description="Only what was done at this time (RFC 3339 or Unix seconds) or later."),
    ] = None,
    end: Annotated[
        str | None,
        WithJsonSchema(MOMENT_SCHEMA),
        Query(description="Only what was done before this time (RFC 3339 or Unix seconds)."),
    ] = None,
) -> AuditFilter:
    return AuditFilter(
        project_id=read_id("project_id", project_id),
        account_id=read_id("account_id", account_id),
        action=read_text("action", action),
        object_type=read_text("object_type", object_type),
        object_id=read_id("object_id", object_id),
        start=read_moment("start", start),
        end=read_moment("end", end),
    )


@router.get(
    "/audit_log", summary="List what was done", responses=answers(200, PageView[AuditEntryView], InvalidQueryParameter)
)
async def list_entries(
    _: AdminCaller,
    cursor: Annotated[Cursor, Depends(cursor_of(store.ENTRIES))],
    filter: Annotated[AuditFilter, Depends(_filter)],
    tx: Reading,
) -> Response:
    return JsonResponse(page_view(await service.list_entries(tx, filter, cursor), cursor, audit_entry_view))

"""`GET /audit_log`: the newest entries first, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from eventline_api.audit_log import service, store
from eventline_api.audit_log.entry import AuditFilter
from eventline_api.audit_log.schemas import AuditEntryView, audit_entry_view
from eventline_common.http.callers import AdminCaller
from eventline_common.http.cursors import cursor_of
from eventline_common.http.documents import answers
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.paging import Cursor, page_view
from eventline_common.http.transactions import Reading
from eventline_common.http.views import PageView

router = APIRouter(tags=["audit_log"])

_Text = Annotated[str | None, Query()]


async def _filter(
    project_id: _Text = None,
    account_id: _Text = None,
    action: _Text = None,
    object_type: _Text = None,
    object_id: _Text = None,
) -> AuditFilter:
    given = (project_id, account_id, action, object_type, object_id)
    return AuditFilter(*((text or "").replace("\x00", "\ufffd") or None for text in given))


@router.get("/audit_log", summary="List what was done", responses=answers(200, PageView[AuditEntryView]))
async def list_entries(
    _: AdminCaller,
    cursor: Annotated[Cursor, Depends(cursor_of(store.ENTRIES))],
    filter: Annotated[AuditFilter, Depends(_filter)],
    tx: Reading,
) -> Response:
    return JsonResponse(page_view(await service.list_entries(tx, filter, cursor), cursor, audit_entry_view))

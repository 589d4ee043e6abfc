"""The routes of notifications."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import WithJsonSchema
from starlette.responses import Response

from eventline_api.context import Api, Now
from eventline_api.notifications import service, store
from eventline_api.notifications.notification import (
    NobodyToNotify,
    NotificationFilter,
    NotificationNotAbandoned,
    UnknownNotification,
)
from eventline_api.notifications.schemas import NotificationView, notification_view
from eventline_api.query_parameters import read_choices
from eventline_common.domain.notifications import NotificationKind, NotificationStatus
from eventline_common.errors import InvalidQueryParameter
from eventline_common.http.callers import ProjectCaller
from eventline_common.http.cursors import cursor_of
from eventline_common.http.documents import answers
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.paging import Cursor, page_view
from eventline_common.http.path_variables import PathId
from eventline_common.http.transactions import AfterCommit, Reading, Transaction
from eventline_common.http.views import PageView
from eventline_common.ids import NotificationId

router = APIRouter(tags=["notifications"])

_ID = "/notifications/id/{id}"
_STATUSES = tuple(status.value for status in NotificationStatus)
_KINDS = tuple(kind.value for kind in NotificationKind)


def _words(words: tuple[str, ...]) -> dict[str, object]:
    """Describe some of some words, separated by commas; checking is ours, so that errors have their codes."""
    return {"type": "string", "pattern": f"^({'|'.join(words)})(,({'|'.join(words)}))*$"}


async def _filter(
    status: Annotated[str | None, WithJsonSchema(_words(_STATUSES)), Query(description="Only in these states.")] = None,
    kind: Annotated[str | None, WithJsonSchema(_words(_KINDS)), Query(description="Only of these kinds.")] = None,
) -> NotificationFilter:
    statuses, kinds = read_choices("status", status, _STATUSES), read_choices("kind", kind, _KINDS)
    return NotificationFilter(
        [NotificationStatus(word) for word in statuses or _STATUSES],
        [NotificationKind(word) for word in kinds or _KINDS],
    )


@router.get(
    "/notifications",
    summary="List the notifications of the project",
    responses=answers(200, PageView[NotificationView], InvalidQueryParameter),
)
async def list_notifications(
    caller: ProjectCaller,
    cursor: Annotated[Cursor, Depends(cursor_of(store.NOTIFICATIONS))],
    filter: Annotated[NotificationFilter, Depends(_filter)],
    tx: Reading,
) -> Response:
    found = await store.list_notifications(tx, caller.project_id, filter, cursor)
    return JsonResponse(page_view(found, cursor, notification_view))


@router.get(_ID, summary="Fetch a notification", responses=answers(200, NotificationView, UnknownNotification))
async def fetch(caller: ProjectCaller, id: PathId, tx: Reading) -> Response:
    return JsonResponse(notification_view(await store.get_notification(tx, caller.project_id, NotificationId(id))))


@router.post(
    f"{_ID}/retry",
    summary="Try again to deliver a notification that was given up",
    responses=answers(200, NotificationView, UnknownNotification, NotificationNotAbandoned),
)
async def retry(
    caller: ProjectCaller, id: PathId, now: Now, api: Api, announcements: AfterCommit, tx: Transaction
) -> Response:
    notification = await service.retry(tx, caller, NotificationId(id), announcements, api.bus.subjects, now=now)
    return JsonResponse(notification_view(notification))


@router.post(
    "/notifications/test",
    status_code=201,
    summary="Send a test notification by every channel of the project",
    responses=answers(201, NotificationView, NobodyToNotify),
)
async def send_test(caller: ProjectCaller, now: Now, api: Api, announcements: AfterCommit, tx: Transaction) -> Response:
    notification = await service.send_test(tx, caller, announcements, api.bus.subjects, now=now)
    return JsonResponse(notification_view(notification), 201)

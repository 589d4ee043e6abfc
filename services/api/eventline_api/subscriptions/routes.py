"""The routes of subscriptions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import WithJsonSchema
from starlette.responses import Response

from eventline_api.context import Api, Now
from eventline_api.jobs.errors import UnknownJob
from eventline_api.jobs.store import require_job
from eventline_api.query_parameters import read_choice
from eventline_api.subscriptions import service, store
from eventline_api.subscriptions.schemas import SubscriptionView, subscription_view
from eventline_api.subscriptions.store import STATUSES, NoWebhookAddress, UnknownSubscription
from eventline_common.errors import InvalidQueryParameter
from eventline_common.http.callers import ProjectCaller
from eventline_common.http.cursors import cursor_of
from eventline_common.http.documents import answers
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.paging import Cursor, page_view
from eventline_common.http.path_variables import PathId
from eventline_common.http.transactions import Reading, Transaction
from eventline_common.http.views import PageView
from eventline_common.ids import JobId

router = APIRouter(tags=["subscriptions"])


@router.get(
    "/subscriptions",
    summary="List subscriptions",
    responses=answers(200, PageView[SubscriptionView], InvalidQueryParameter),
)
async def list_subscriptions(
    caller: ProjectCaller,
    api: Api,
    cursor: Annotated[Cursor, Depends(cursor_of(store.SUBSCRIPTIONS))],
    tx: Reading,
    status: Annotated[
        str | None,
        WithJsonSchema({"type": "string", "enum": list(STATUSES)}),
        Query(description="Only subscriptions with this status."),
    ] = None,
) -> Response:
    wanted = read_choice("status", status, STATUSES)
    found = await store.list_subscriptions(tx, caller.project_id, cursor, status=wanted)
    web_uri = api.settings.web_http_server_uri
    return JsonResponse(page_view(found, cursor, lambda each: subscription_view(each, web_uri=web_uri)))


@router.get(
    "/jobs/id/{id}/subscription",
    summary="Fetch the subscription of a job",
    responses=answers(200, SubscriptionView, UnknownJob, UnknownSubscription),
)
async def fetch(caller: ProjectCaller, id: PathId, api: Api, tx: Reading) -> Response:
    await require_job(tx, caller.project_id, JobId(id))
    found = await store.get_subscription(tx, caller.project_id, JobId(id))
    return JsonResponse(subscription_view(found, web_uri=api.settings.web_http_server_uri))


@router.post(
    "/jobs/id/{id}/subscription/renew_address",
    summary="Give the webhook of a job another address",
    responses=answers(200, SubscriptionView, UnknownJob, UnknownSubscription, NoWebhookAddress),
)
async def renew_address(caller: ProjectCaller, id: PathId, now: Now, api: Api, tx: Transaction) -> Response:
    renewed = await service.renew_address(tx, caller, JobId(id), now=now)
    return JsonResponse(subscription_view(renewed, web_uri=api.settings.web_http_server_uri))

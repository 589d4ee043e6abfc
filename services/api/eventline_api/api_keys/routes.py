"""The routes of the caller's API keys."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from eventline_api.api_keys import service, store
from eventline_api.api_keys.api_key import DuplicateApiKeyName, UnknownApiKey, read_new_api_key
from eventline_api.api_keys.schemas import (
    ApiKeyView,
    CreatedApiKeyView,
    NewApiKeyBody,
    api_key_view,
    created_api_key_view,
)
from eventline_api.context import Now
from eventline_common.http.callers import ApiCaller
from eventline_common.http.cursors import cursor_of
from eventline_common.http.documents import answers, takes
from eventline_common.http.json_response import JsonResponse, no_content
from eventline_common.http.paging import Cursor, page_view
from eventline_common.http.path_variables import PathId
from eventline_common.http.platform import JsonBody
from eventline_common.http.transactions import Reading, Transaction
from eventline_common.http.views import PageView
from eventline_common.ids import ApiKeyId

router = APIRouter(tags=["api_keys"])

_ID = "/account/api_keys/id/{id}"


@router.get("/account/api_keys", summary="List your API keys", responses=answers(200, PageView[ApiKeyView]))
async def list_api_keys(
    caller: ApiCaller, cursor: Annotated[Cursor, Depends(cursor_of(store.API_KEYS))], tx: Reading
) -> Response:
    return JsonResponse(page_view(await store.list_api_keys(tx, caller.account.id, cursor), cursor, api_key_view))


@router.post(
    "/account/api_keys",
    status_code=201,
    summary="Create an API key",
    responses=answers(201, CreatedApiKeyView, DuplicateApiKeyName),
    openapi_extra=takes(NewApiKeyBody),
)
async def create(caller: ApiCaller, body: JsonBody, now: Now, tx: Transaction) -> Response:
    key, secret = await service.create_api_key(tx, caller, read_new_api_key(body, now=now), now=now)
    return JsonResponse(created_api_key_view(key, secret), 201)


@router.get(_ID, summary="Fetch one of your API keys", responses=answers(200, ApiKeyView, UnknownApiKey))
async def fetch(caller: ApiCaller, id: PathId, tx: Reading) -> Response:
    return JsonResponse(api_key_view(await store.get_api_key(tx, caller.account.id, ApiKeyId(id))))


@router.delete(_ID, status_code=204, summary="Revoke one of your API keys", responses=answers(204, None, UnknownApiKey))
async def delete(caller: ApiCaller, id: PathId, now: Now, tx: Transaction) -> Response:
    await service.delete_api_key(tx, caller, ApiKeyId(id), now=now)
    return no_content()

"""The routes of identities (contract http-api, section 10.8), their summaries, their types, and refreshing."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from eventline_api.context import Api, Now
from eventline_api.identities import service, store
from eventline_api.identities.identity import (
    DuplicateIdentityName,
    IdentityInUse,
    IdentityNotRefreshable,
    InvalidOAuth2Identity,
    UnknownIdentity,
    read_new_identity,
)
from eventline_api.identities.schemas import (
    IdentitySummaryView,
    IdentityTypesView,
    IdentityView,
    NewIdentityBody,
    identity_type_view,
    identity_view,
    summary_view,
)
from eventline_api.identities.store import IdentityStore
from eventline_common.catalog.identities import IDENTITY_TYPES
from eventline_common.http.callers import ApiCaller, ProjectCaller
from eventline_common.http.cursors import cursor_of
from eventline_common.http.documents import answers, takes
from eventline_common.http.json_response import JsonResponse, no_content
from eventline_common.http.paging import Cursor, page_view
from eventline_common.http.path_variables import PathId, PathName
from eventline_common.http.platform import JsonBody
from eventline_common.http.transactions import AfterCommit, Reading, Transaction
from eventline_common.http.views import PageView
from eventline_common.ids import IdentityId

router = APIRouter(tags=["identities"])

_ID = "/identities/id/{id}"
_Identities = Annotated[Cursor, Depends(cursor_of(store.IDENTITIES))]


@router.get(
    "/identity_types", summary="List identity types and their fields", responses=answers(200, IdentityTypesView)
)
async def list_types(_: ApiCaller) -> Response:
    return JsonResponse({"elements": [identity_type_view(kind) for kind in IDENTITY_TYPES.values()]})


@router.get("/identities", summary="List identities with their data", responses=answers(200, PageView[IdentityView]))
async def list_identities(caller: ProjectCaller, cursor: _Identities, api: Api, tx: Reading) -> Response:
    slice = await IdentityStore(tx, api.cipher).list_identities(caller.project_id, cursor)
    view = partial(identity_view, hidden=api.settings.hide_identity_secrets)
    return JsonResponse(page_view(slice, cursor, view))


@router.get(
    "/identity_summaries",
    summary="List identities without their data",
    responses=answers(200, PageView[IdentitySummaryView]),
)
async def list_summaries(caller: ProjectCaller, cursor: _Identities, tx: Reading) -> Response:
    slice = await store.list_summaries(tx, caller.project_id, cursor)
    return JsonResponse(page_view(slice, cursor, summary_view))


@router.post(
    "/identities",
    status_code=201,
    summary="Create an identity",
    responses=answers(201, IdentityView, DuplicateIdentityName, InvalidOAuth2Identity),
    openapi_extra=takes(NewIdentityBody),
)
async def create(caller: ProjectCaller, body: JsonBody, now: Now, api: Api, tx: Transaction) -> Response:
    identity = await service.create_identity(tx, caller, read_new_identity(body), api.cipher, now=now)
    return JsonResponse(identity_view(identity, hidden=api.settings.hide_identity_secrets), 201)


@router.get(_ID, summary="Fetch an identity", responses=answers(200, IdentityView, UnknownIdentity))
async def fetch(caller: ProjectCaller, id: PathId, api: Api, tx: Reading) -> Response:
    identity = await IdentityStore(tx, api.cipher).get_identity(caller.project_id, IdentityId(id))
    return JsonResponse(identity_view(identity, hidden=api.settings.hide_identity_secrets))


@router.get(
    "/identities/name/{name}",
    summary="Fetch an identity by name",
    responses=answers(200, IdentityView, UnknownIdentity),
)
async def fetch_by_name(caller: ProjectCaller, name: PathName, api: Api, tx: Reading) -> Response:
    identity = await IdentityStore(tx, api.cipher).get_identity_by_name(caller.project_id, name)
    return JsonResponse(identity_view(identity, hidden=api.settings.hide_identity_secrets))


@router.put(
    _ID,
    summary="Replace an identity",
    responses=answers(200, IdentityView, UnknownIdentity, DuplicateIdentityName, InvalidOAuth2Identity, IdentityInUse),
    openapi_extra=takes(NewIdentityBody),
)
async def update(caller: ProjectCaller, id: PathId, body: JsonBody, now: Now, api: Api, tx: Transaction) -> Response:
    new = read_new_identity(body)
    identity = await service.update_identity(tx, caller, IdentityId(id), new, api.cipher, now=now)
    return JsonResponse(identity_view(identity, hidden=api.settings.hide_identity_secrets))


@router.delete(
    _ID,
    status_code=204,
    summary="Delete an identity",
    responses=answers(204, None, UnknownIdentity, IdentityInUse),
)
async def delete(caller: ProjectCaller, id: PathId, now: Now, tx: Transaction) -> Response:
    await service.delete_identity(tx, caller, IdentityId(id), now=now)
    return no_content()


@router.post(
    f"{_ID}/refresh",
    status_code=204,
    summary="Refresh an identity soon",
    responses=answers(204, None, UnknownIdentity, IdentityNotRefreshable),
)
async def refresh(
    caller: ProjectCaller, id: PathId, now: Now, api: Api, announcements: AfterCommit, tx: Transaction
) -> Response:
    subjects = api.bus.subjects
    await service.refresh_identity(tx, caller, IdentityId(id), api.cipher, announcements, subjects, now=now)
    return no_content()

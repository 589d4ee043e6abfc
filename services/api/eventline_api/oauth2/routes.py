"""The routes of OAuth2 identities: create, replace, start and complete an authorization."""

from fastapi import APIRouter
from starlette.responses import Response

from eventline_api.context import Api, Now
from eventline_api.identities.identity import DuplicateIdentityName, IdentityInUse, UnknownIdentity
from eventline_api.identities.schemas import (
    IdentitySummaryView,
    IdentityView,
    identity_view,
    summary_view,
)
from eventline_api.identities.service import create_identity, update_identity
from eventline_api.oauth2.flow import (
    IdentityChanged,
    InvalidOAuth2State,
    MissingOAuth2Code,
    MissingOAuth2State,
    NotAnOAuth2Identity,
    read_new_oauth2_identity,
    read_provider_answer,
)
from eventline_api.oauth2.schemas import AuthorizationView, CompletionBody, NewOAuth2IdentityBody, authorization_view
from eventline_common.http.callers import ApiCaller, ProjectCaller
from eventline_common.http.documents import answers, takes
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.path_variables import PathId
from eventline_common.http.platform import JsonBody
from eventline_common.http.transactions import Transaction
from eventline_common.ids import IdentityId
from eventline_common.oauth2.errors import OAuth2Error

router = APIRouter(tags=["oauth2"])


@router.post(
    "/oauth2/identities",
    status_code=201,
    summary="Create an OAuth2 identity, pending until it is authorized",
    responses=answers(201, IdentityView, DuplicateIdentityName),
    openapi_extra=takes(NewOAuth2IdentityBody),
)
async def create(caller: ProjectCaller, body: JsonBody, now: Now, api: Api, tx: Transaction) -> Response:
    identity = await create_identity(tx, caller, read_new_oauth2_identity(body), api.cipher, now=now)
    return JsonResponse(identity_view(identity, hidden=api.settings.hide_identity_secrets), 201)


@router.put(
    "/oauth2/identities/id/{id}",
    summary="Replace an identity by an OAuth2 identity, pending until it is authorized",
    responses=answers(200, IdentityView, UnknownIdentity, DuplicateIdentityName, IdentityInUse),
    openapi_extra=takes(NewOAuth2IdentityBody),
)
async def update(caller: ProjectCaller, id: PathId, body: JsonBody, now: Now, api: Api, tx: Transaction) -> Response:
    new = read_new_oauth2_identity(body)
    identity = await update_identity(tx, caller, IdentityId(id), new, api.cipher, now=now)
    return JsonResponse(identity_view(identity, hidden=api.settings.hide_identity_secrets))


@router.post(
    "/oauth2/identities/id/{id}/authorization",
    summary="Start the authorization of an identity",
    description="The identity becomes pending and loses its tokens. It becomes ready when the authorization is"
    " completed by the same account.",
    responses=answers(200, AuthorizationView, UnknownIdentity, NotAnOAuth2Identity, IdentityChanged, OAuth2Error),
)
async def start(caller: ProjectCaller, id: PathId, now: Now, api: Api) -> Response:
    return JsonResponse(authorization_view(await api.authorizations.start(caller, IdentityId(id), now=now)))


@router.post(
    "/oauth2/authorization",
    summary="Complete an authorization with what the provider sent back",
    description="Whatever the provider said, the answer is the identity: its status is `ready`, or `error` with a"
    " message.",
    responses=answers(
        200, IdentitySummaryView, MissingOAuth2State, InvalidOAuth2State, MissingOAuth2Code, UnknownIdentity,
        IdentityChanged,
    ),
    openapi_extra=takes(CompletionBody),
)  # fmt: skip
async def complete(caller: ApiCaller, body: JsonBody, now: Now, api: Api) -> Response:
    identity = await api.authorizations.complete(caller, read_provider_answer(body), now=now)
    return JsonResponse(summary_view(identity))

"""The routes of web sessions: log in, log out, choose a project, list, end."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from eventline_api.context import Api, Now
from eventline_api.login.attempts import TooManyLoginAttempts, WrongPassword
from eventline_api.login.schemas import CredentialsBody
from eventline_api.login.service import caller_after_login, read_credentials, remember_login
from eventline_api.projects.project import UnknownProject
from eventline_api.sessions import service, store
from eventline_api.sessions.schemas import (
    CreatedSessionView,
    CurrentSessionView,
    ProjectSelectionBody,
    WebSessionView,
    created_session_view,
    current_session_view,
    session_view,
)
from eventline_api.sessions.session import UnknownSession
from eventline_common.http.caller import CredentialKind
from eventline_common.http.callers import ApiCaller, Public
from eventline_common.http.cursors import cursor_of
from eventline_common.http.documents import answers, takes
from eventline_common.http.json_response import JsonResponse, no_content
from eventline_common.http.paging import Cursor, page_view
from eventline_common.http.path_variables import PathId
from eventline_common.http.platform import JsonBody
from eventline_common.http.readers import read_object, refuse_errors
from eventline_common.http.transactions import Reading, Transaction
from eventline_common.http.views import PageView
from eventline_common.ids import ProjectId, SessionId, is_id

router = APIRouter(tags=["sessions"])


@router.post(
    "/sessions",
    status_code=201,
    summary="Start a web session with a user name and a password",
    responses=answers(201, CreatedSessionView, WrongPassword, TooManyLoginAttempts),
    openapi_extra=takes(CredentialsBody),
)
async def create(visitor: Public, body: JsonBody, now: Now, api: Api, request: Request) -> Response:
    username, password = read_credentials(body)
    account = await api.authentication.authenticate(username, password, address=visitor.address, now=now)
    async with api.database.transaction() as tx:
        account = await remember_login(tx, account, now=now)
        caller = caller_after_login(account, kind=CredentialKind.WEB_SESSION, address=visitor.address)
        user_agent = request.headers.get("user-agent", "")
        session, token = await service.create_session(tx, caller, user_agent=user_agent, now=now)
    return JsonResponse(created_session_view(session, account, token), 201)


@router.post(
    "/logout", status_code=204, summary="End the web session or API key of the request", responses=answers(204)
)
async def log_out(caller: ApiCaller, now: Now, tx: Transaction) -> Response:
    await service.log_out(tx, caller, now=now)
    return no_content()


@router.get(
    "/session",
    summary="Fetch the web session of the request",
    responses=answers(200, CurrentSessionView, UnknownSession),
)
async def fetch_current(caller: ApiCaller, tx: Reading) -> Response:
    return JsonResponse(current_session_view(await service.current_session(tx, caller), caller.account))


@router.put(
    "/session",
    summary="Choose the project of the web session",
    responses=answers(200, WebSessionView, UnknownSession, UnknownProject),
    openapi_extra=takes(ProjectSelectionBody),
)
async def select_project(caller: ApiCaller, body: JsonBody, tx: Transaction) -> Response:
    session = await service.select_project(tx, caller, _read_project_id(body))
    return JsonResponse(session_view(session, current=caller.credential.id))


@router.get("/account/sessions", summary="List your web sessions", responses=answers(200, PageView[WebSessionView]))
async def list_sessions(
    caller: ApiCaller, cursor: Annotated[Cursor, Depends(cursor_of(store.SESSIONS))], tx: Reading
) -> Response:
    current = caller.credential.id
    slice = await store.list_sessions(tx, caller.account.id, cursor)
    return JsonResponse(page_view(slice, cursor, lambda session: session_view(session, current=current)))


@router.delete(
    "/account/sessions/id/{id}",
    status_code=204,
    summary="End one of your web sessions",
    responses=answers(204, None, UnknownSession),
)
async def delete(caller: ApiCaller, id: PathId, now: Now, tx: Transaction) -> Response:
    await service.delete_session(tx, caller, SessionId(id), now=now)
    return no_content()


def _read_project_id(body: object) -> ProjectId:
    reader = read_object(body)
    text = reader.text("project_id")
    if not is_id(text):
        reader.wrong("project_id", "invalid_string_format", f'"{text[:100]}" is not an identifier')
    refuse_errors(reader)
    return ProjectId(text)

"""Authentication and project selection, in the order of contract http-api, section 4.

Each route declares one of these callers, as its first parameter.
"""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from eventline_common.crypto.api_keys import hash_api_key
from eventline_common.crypto.tokens import hash_token
from eventline_common.errors import EventlineError, Forbidden, InvalidValue, Unauthorized
from eventline_common.http import caller_store
from eventline_common.http.caller import Caller, CallerInProject, CredentialKind, Found, Role, Visitor, Wanted
from eventline_common.http.client_address import limited_address
from eventline_common.http.platform import SESSION_IDLE_LIMIT, platform_of
from eventline_common.ids import is_id

PROJECT_HEADER = "x-eventline-project-id"
SESSION_PREFIX = "session:"


class UnknownApiKey(Forbidden):
    """No such API key, or it has expired."""

    code = "unknown_api_key"


class UnknownSession(Forbidden):
    """No such web session, or it has ended."""

    code = "unknown_session"


class MissingProjectId(Unauthorized):
    """The route needs a project."""

    code = "missing_project_id"


class InvalidProjectId(InvalidValue):
    """The project header is not an identifier."""

    code = "invalid_project_id"


class UnknownSelectedProject(InvalidValue):
    """The project header names no project."""

    code = "unknown_project"


def bearer(request: Request) -> str | None:
    """Return the credential of the `Authorization` header, taken literally, if it has the Bearer scheme."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value if value and scheme.lower() == "bearer" else None


async def _public(request: Request) -> Visitor:
    if credential := bearer(request):
        await _find(request, credential, None)
    return Visitor(_address(request))


async def _account(request: Request) -> Caller:
    found, _ = await _authenticate(request, administrator=False)
    return _remember(request, Caller(found.account, found.credential, _address(request)))


async def _administrator(request: Request) -> Caller:
    found, _ = await _authenticate(request, administrator=True)
    return _remember(request, Caller(found.account, found.credential, _address(request)))


async def _account_in_project(request: Request) -> CallerInProject:
    found, project = await _authenticate(request, administrator=False, project_needed=True)
    assert found.project_id is not None, project
    caller = CallerInProject(found.account, found.credential, _address(request), found.project_id)
    _remember(request, caller)
    return caller


async def _authenticate(request: Request, *, administrator: bool, project_needed: bool = False) -> tuple[Found, str]:
    credential = bearer(request)
    if credential is None:
        raise Unauthorized('authentication is required: send the header "Authorization: Bearer <api key>"')
    project = request.headers.get(PROJECT_HEADER, "")
    found = await _find(request, credential, project if is_id(project) else None)
    if error := _refusal(found, project, request, administrator=administrator, project_needed=project_needed):
        raise error
    return found, project


def _refusal(
    found: Found, project: str, request: Request, *, administrator: bool, project_needed: bool
) -> EventlineError | None:
    if project and not is_id(project):
        return InvalidProjectId(f'invalid project id "{project[:100]}" in the header X-Eventline-Project-Id')
    if administrator and found.account.role is not Role.ADMIN:
        return Forbidden(f'account "{found.account.username}" does not have the role admin')
    if found.credential.read_only and request.method != "GET":
        return Forbidden("this api key is read-only: it may only be used to read")
    if project_needed and not project:
        return MissingProjectId("a project is required: send the header X-Eventline-Project-Id")
    if project and found.project_id is None:
        return UnknownSelectedProject(f'unknown project "{project}" in the header X-Eventline-Project-Id')
    return None


async def _find(request: Request, credential: str, project_id: str | None) -> Found:
    found = await _look_up(request, credential, project_id)
    uses, now = platform_of(request).last_uses, platform_of(request).clock.now()
    if found.credential.kind is CredentialKind.WEB_SESSION:
        uses.record_session(found.credential.id, now)
    else:
        uses.record_key(found.credential.id, now)
    return found


async def _look_up(request: Request, credential: str, project_id: str | None) -> Found:
    platform = platform_of(request)
    if not credential.startswith(SESSION_PREFIX):
        key = await platform.key_lookups.find(Wanted(hash_api_key(credential), project_id))
        if key is None:
            raise UnknownApiKey("unknown api key, or it has expired")
        return key
    now, retention = platform.clock.now(), platform.session_retention
    async with platform.database.connection() as connection:
        session = await caller_store.find_by_session(
            connection,
            hash_token(credential.removeprefix(SESSION_PREFIX)),
            project_id,
            used_after=now - SESSION_IDLE_LIMIT,
            created_after=None if retention is None else now - retention,
        )
    if session is None:
        raise UnknownSession("unknown web session, or it has ended")
    return session


async def is_admitted_to_project(request: Request) -> bool:
    """Tell whether the caller of a request in a project would still be admitted; this is no use of a credential."""
    credential, project = bearer(request), request.headers.get(PROJECT_HEADER, "")
    try:
        found = await _look_up(request, credential or "", project)
    except Forbidden:
        return False
    return found.project_id is not None


def _address(request: Request) -> str:
    headers = {name: value.decode("latin-1") for name, value in request.scope["headers"]}
    return limited_address(request.scope, headers)


def _remember(request: Request, caller: Caller) -> Caller:
    request.scope["eventline.caller"] = caller
    return caller


def caller_of(request: Request) -> Caller | None:
    """Return the caller that a dependency before this one found."""
    caller = request.scope.get("eventline.caller")
    return caller if isinstance(caller, Caller) else None


PUBLIC = _public
ACCOUNT = _account
ADMINISTRATOR = _administrator
IN_PROJECT = _account_in_project
CALLER_DEPENDENCIES = (PUBLIC, ACCOUNT, ADMINISTRATOR, IN_PROJECT)

# Deny by default: a route without one of these does not get into the application.
Public = Annotated[Visitor, Depends(_public)]
ApiCaller = Annotated[Caller, Depends(_account)]
AdminCaller = Annotated[Caller, Depends(_administrator)]
ProjectCaller = Annotated[CallerInProject, Depends(_account_in_project)]

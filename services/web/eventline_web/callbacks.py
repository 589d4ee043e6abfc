"""Where OAuth2 providers send people back to: the API completes the authorization, for the account of the browser."""

import ssl
from collections.abc import Mapping

import httpx
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from eventline_common.errors import EventlineError, Unavailable
from eventline_common.http.errors import error_response
from eventline_web.pages import message_page

SESSION_COOKIE = "session_id"
_SESSION_PREFIX = "session:"
_MEMBERS = ("state", "code", "error", "error_description", "iss")
# The API waits for the provider, for its discovery document and its tokens.
_TIMEOUT = httpx.Timeout(60.0, connect=3.0, pool=5.0)
_NOBODY = (401, 403)
_PROBE_TIMEOUT = 2.0


class NotLoggedIn(EventlineError):
    """The browser has no web session, or it has ended."""

    code = "authentication_required"
    status = 401

    def __init__(self) -> None:
        super().__init__(
            "You are not logged in here. Log in and open this address once more, or copy it and run:"
            " evcli complete-authorization <address>"
        )


class ApiRefusal(EventlineError):
    """What the API said; its status and its code are passed on."""


class CallbackGateway:
    """Completes authorizations through the API at one address."""

    def __init__(self, uri: str, *, tls: ssl.SSLContext | None = None) -> None:
        self._uri = uri
        self._client = httpx.AsyncClient(
            base_url=uri, timeout=_TIMEOUT, verify=tls if tls is not None else False, trust_env=False
        )

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()

    async def probe(self) -> str | None:
        """Say what is wrong with the API, without which there is nothing to show."""
        answer = await self._client.head("/status", timeout=_PROBE_TIMEOUT)
        return None if answer.is_success else f"the api answered {answer.status_code}"

    async def answer(self, request: Request, connector: str, type: str) -> Response:
        """Complete an authorization and lead the browser to the identity; tell what went wrong, if anything did."""
        try:
            identity = await self._complete(request, connector, type)
        except EventlineError as error:
            return _told(request, error)
        place = "/identities" if identity.get("status") == "ready" else f"/identities/id/{identity['id']}"
        return RedirectResponse(place, 303)

    async def _complete(self, request: Request, connector: str, type: str) -> Mapping[str, object]:
        cookie = request.cookies.get(SESSION_COOKIE, "")
        if not cookie:
            raise NotLoggedIn
        query = request.query_params
        body = {"connector": connector, "type": type, **{name: query[name] for name in _MEMBERS if name in query}}
        headers = {"Authorization": f"Bearer {_SESSION_PREFIX}{cookie.removeprefix(_SESSION_PREFIX)}"}
        if request.client is not None:
            headers["X-Forwarded-For"] = request.headers.get("x-forwarded-for") or request.client.host
        try:
            answer = await self._client.post("/oauth2/authorization", json=body, headers=headers)
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable(f"the API at {self._uri} did not answer: {error.__class__.__name__}") from error
        if answer.status_code in _NOBODY:
            raise NotLoggedIn
        if answer.status_code != 200:
            raise _refusal(answer.status_code, found)
        identity: Mapping[str, object] = found
        return identity


def _refusal(status: int, found: object) -> EventlineError:
    view = found if isinstance(found, Mapping) else {}
    error = ApiRefusal(str(view.get("error") or f"the API answered with status {status}"))
    # What the client of the web server sees is what the API said.
    error.status, error.code = status, str(view.get("code") or "internal_error")  # type: ignore[misc]
    return error


def _told(request: Request, error: EventlineError) -> Response:
    """Answer with a page to browsers, with JSON to programs (contract service-config, section 12)."""
    if "text/" not in request.headers.get("accept", ""):
        return error_response(error)
    return message_page("This identity was not authorized", str(error), status=error.status)

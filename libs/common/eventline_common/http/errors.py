"""The one place that turns errors into answers (contract http-api, section 5)."""

from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from eventline_common.domain.validation import DecodeError
from eventline_common.errors import (
    EventlineError,
    InvalidQueryParameter,
    InvalidRequestBody,
    InvalidRouteVariable,
    NotFound,
)
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.logged_paths import logged_path
from eventline_common.ids import new_id
from eventline_common.logging import get_logger


class RouteNotFound(NotFound):
    """No route has this path and method (G-01)."""

    code = "route_not_found"

    def __init__(self, method: str, target: str) -> None:
        super().__init__(f'no route answers {method} "{target}"', details={"target": target})


class HeadAnswered(OSError):
    """Ends a stream whose request was HEAD: the head has been sent, there is no body to come."""


class HasHeaders(EventlineError):
    """An error whose answer carries headers."""

    headers: Mapping[str, str] = {}


def error_view(error: EventlineError) -> dict[str, object]:
    """Return the body for an error; `data` is there only when there is something to say."""
    view: dict[str, object] = {"error": str(error) or error.code, "code": error.code}
    if error.details is not None:
        view["data"] = error.details
    return view


def error_response(error: EventlineError) -> JsonResponse:
    """Answer with an error."""
    return JsonResponse(error_view(error), error.status, error.headers if isinstance(error, HasHeaders) else None)


def internal_error_response(error: Exception, *, method: str, path: str) -> JsonResponse:
    """Log what went wrong and answer 500 with the opaque id under which it was logged (G-89)."""
    id = new_id()
    get_logger("http").error(
        "request_failed",
        error_id=id,
        method=method,
        path=logged_path(path),
        error=f"{type(error).__name__}: {error}",
        exc_info=error,
    )
    view = {"error": f"internal error {id}", "code": EventlineError.code, "data": {"error_id": id}}
    return JsonResponse(view, 500)


def answer_errors(app: FastAPI) -> None:
    """Install the handlers of every error of an application."""
    app.add_exception_handler(EventlineError, _on_eventline_error)
    app.add_exception_handler(DecodeError, _on_decode_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(Exception, _on_exception)


async def _on_eventline_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, EventlineError)
    if error.status >= 500 and error.code == EventlineError.code:
        return internal_error_response(error, method=request.method, path=request.url.path)
    return error_response(error)


async def _on_decode_error(_: Request, error: Exception) -> Response:
    return error_response(InvalidRequestBody(f"invalid request body: {error}"))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code in (404, 405):
        return error_response(RouteNotFound(original_method(request), original_path(request)))
    return JsonResponse({"error": error.detail, "code": "invalid_request"}, error.status_code)


async def _on_validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place, *names = first["loc"]
    message = f"{'/'.join(str(name) for name in names)}: {first['msg']}".lower()
    if place == "path":
        return error_response(InvalidRouteVariable(f"invalid route variable {message}"))
    if place == "body":
        return error_response(InvalidRequestBody(f"invalid request body: {message}"))
    return error_response(InvalidQueryParameter(f"invalid query parameter {message}"))


async def _on_exception(request: Request, error: Exception) -> Response:
    if isinstance(error, ClientDisconnect | HeadAnswered):
        return Response(status_code=400)
    return internal_error_response(error, method=original_method(request), path=original_path(request))


def original_method(request: Request) -> str:
    """Return the method that was sent: HEAD is routed as GET."""
    return str(request.scope.get("eventline.method", request.method))


def original_path(request: Request) -> str:
    """Return the path that was sent, not decoded, as text."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.decode("ascii", errors="replace")

"""Assembles routes into an application: deny by default, one shape of errors, documented, wrapped in a gateway."""

from collections.abc import Iterator, Sequence
from functools import cache

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from eventline_common.db.session import AWAY
from eventline_common.errors import EventlineError, Unavailable
from eventline_common.http import documents
from eventline_common.http.callers import CALLER_DEPENDENCIES
from eventline_common.http.errors import answer_errors, error_response
from eventline_common.http.gateway import Gateway, Observe
from eventline_common.http.openapi_document import openapi_document
from eventline_common.http.platform import Platform
from eventline_common.logging import get_logger
from eventline_common.tracing import NO_TRACING, Tracing

# OSError itself is left out: it also says that a stream has ended.
_DATABASE_AWAY = (
    *(kind for kind in AWAY if not issubclass(kind, EventlineError) and kind is not OSError),
    ConnectionError,
)


class UndeclaredCaller(Exception):
    """A route does not say who may call it."""

    def __init__(self, route: APIRoute) -> None:
        methods = ", ".join(sorted(route.methods or ()))
        super().__init__(
            f"the route {methods} {route.path} declares no caller (Public, ApiCaller, AdminCaller, ProjectCaller)"
        )


def build_application(routers: Sequence[APIRouter], platform: Platform, *, title: str, version: str) -> FastAPI:
    """Return the application; raise UndeclaredCaller for a route whose first dependency is not its caller."""
    app = FastAPI(title=title, version=version, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.platform = platform
    for router in (*routers, documents.router):
        for route in router.routes:
            if isinstance(route, APIRoute):
                require_caller(route)
            app.router.routes.append(route)
    answer_errors(app)
    for kind in _DATABASE_AWAY:
        app.add_exception_handler(kind, _on_database_away)
    # Made when it is first asked for: it takes longer than all the rest.
    app.state.document = cache(lambda: openapi_document(list(api_routes(app)), title=title, version=version))
    return app


async def _on_database_away(_: Request, error: Exception) -> Response:
    get_logger("http").error("database_away", error=f"{type(error).__name__}: {error}")
    return error_response(Unavailable("the database cannot be reached for now; try again later"))


def behind_gateway(
    app: ASGIApp,
    *,
    name: str,
    log_successful_requests: bool,
    observe: Observe | None = None,
    tracing: Tracing = NO_TRACING,
) -> Gateway:
    """Wrap an application in what every server does around it."""
    return Gateway(app, name=name, log_successful_requests=log_successful_requests, observe=observe, tracing=tracing)


def api_routes(app: FastAPI) -> Iterator[APIRoute]:
    """Return the routes of an application."""
    return (route for route in app.router.routes if isinstance(route, APIRoute))


def require_caller(route: APIRoute) -> None:
    """Raise UndeclaredCaller unless the first thing that a route asks for is its caller."""
    first = route.dependant.dependencies[:1]
    if not first or first[0].call not in CALLER_DEPENDENCIES:
        raise UndeclaredCaller(route)

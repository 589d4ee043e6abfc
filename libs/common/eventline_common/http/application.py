"""Assembles routes into an application: deny by default, one shape of errors, documented, wrapped in a gateway."""

from collections.abc import Iterator, Sequence
from functools import cache

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from eventline_common.http import documents
from eventline_common.http.callers import CALLER_DEPENDENCIES
from eventline_common.http.errors import answer_errors
from eventline_common.http.gateway import Gateway, Observe
from eventline_common.http.platform import Platform


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
    # Made when it is first asked for: it takes longer than all the rest.
    app.state.document = cache(lambda: documents.openapi_document(list(api_routes(app)), title=title, version=version))
    return app


def behind_gateway(
    app: ASGIApp, *, name: str, log_successful_requests: bool, observe: Observe | None = None
) -> Gateway:
    """Wrap an application in what every server does around it."""
    return Gateway(app, name=name, log_successful_requests=log_successful_requests, observe=observe)


def api_routes(app: FastAPI) -> Iterator[APIRoute]:
    """Return the routes of an application."""
    return (route for route in app.router.routes if isinstance(route, APIRoute))


def require_caller(route: APIRoute) -> None:
    """Raise UndeclaredCaller unless the first thing that a route asks for is its caller."""
    first = route.dependant.dependencies[:1]
    if not first or first[0].call not in CALLER_DEPENDENCIES:
        raise UndeclaredCaller(route)

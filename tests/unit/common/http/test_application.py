"""Deny by default."""

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.responses import Response

from eventline_common.http.application import UndeclaredCaller, require_caller
from eventline_common.http.callers import ProjectCaller, Public
from eventline_common.http.path_variables import PathId


async def naked() -> Response:
    return Response()


async def late(id: PathId, _: ProjectCaller) -> Response:
    return Response(id)


async def declared(_: Public) -> Response:
    return Response()


@pytest.mark.parametrize("endpoint", [naked, late])
def test_a_route_that_does_not_begin_with_its_caller_is_refused(endpoint: object) -> None:
    route = APIRoute("/things/{id}", endpoint, methods=["GET"])  # type: ignore[arg-type]

    with pytest.raises(UndeclaredCaller, match=r"GET /things/\{id\} declares no caller"):
        require_caller(route)


def test_a_route_that_declares_its_caller_is_accepted() -> None:
    router = APIRouter()
    router.get("/things")(declared)

    require_caller(next(route for route in router.routes if isinstance(route, APIRoute)))

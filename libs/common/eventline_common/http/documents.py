"""What routes say about themselves for the OpenAPI document, and the routes that show it."""

from importlib.resources import files
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from eventline_common.errors import EventlineError
from eventline_common.http.callers import Public
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.views import ErrorView

router = APIRouter(tags=["documentation"])

REFERENCE = "#/components/schemas/{model}"
_CONTENT_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'"


class BodyDocument(dict[str, Any]):
    """The `openapi_extra` of a route whose body is described by a model."""

    def __init__(self, model: type[BaseModel], *, list_of: bool, required: bool) -> None:
        schema: dict[str, Any] = {"$ref": REFERENCE.format(model=model.__name__)}
        if list_of:
            schema = {"type": "array", "items": schema}
        super().__init__(requestBody={"required": required, "content": {"application/json": {"schema": schema}}})
        self.model = model


def takes(model: type[BaseModel], *, list_of: bool = False, required: bool = True) -> BodyDocument:
    """Describe the body of a route: `openapi_extra=takes(NewProject)`. The model only documents."""
    return BodyDocument(model, list_of=list_of, required=required)


def answers(
    status: int, model: Any = None, *errors: type[EventlineError], description: str = ""
) -> dict[int | str, dict[str, Any]]:
    """Describe the answers of a route: `responses=answers(200, ProjectView, UnknownProject)`."""
    success: dict[str, Any] = {"description": description or ("No content" if model is None else "Success")}
    if model is not None:
        success["model"] = model
    responses: dict[int | str, dict[str, Any]] = {status: success}
    for number in sorted({error.status for error in errors}):
        codes = sorted({error.code for error in errors if error.status == number})
        responses[number] = {"model": ErrorView, "description": ", ".join(codes)}
    return responses


_DOCUMENT = {"schema": {"type": "object"}, "example": {"openapi": "3.1.0", "info": {}, "paths": {}}}


@router.get(
    "/openapi.json",
    summary="Fetch the OpenAPI document",
    responses={200: {"description": "The document", "content": {"application/json": _DOCUMENT}}},
)
async def document(_: Public, request: Request) -> Response:
    return JsonResponse(request.app.state.document())


@router.get("/docs", summary="Read the documentation", include_in_schema=False)
async def page(_: Public) -> Response:
    return _static("docs.html", "text/html")


@router.get("/docs/docs.js", include_in_schema=False)
async def script(_: Public) -> Response:
    return _static("docs.js", "text/javascript")


@router.get("/docs/docs.css", include_in_schema=False)
async def style(_: Public) -> Response:
    return _static("docs.css", "text/css")


def _static(name: str, media_type: str) -> Response:
    content = files("eventline_common.http").joinpath("static", name).read_bytes()
    headers = {"Content-Security-Policy": _CONTENT_POLICY, "X-Content-Type-Options": "nosniff"}
    return Response(content, headers=headers, media_type=media_type)

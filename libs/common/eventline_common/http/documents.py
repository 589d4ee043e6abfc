"""The OpenAPI document: what routes declare, plus the answers that follow from their callers and inputs."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import Response

from eventline_common.errors import EventlineError
from eventline_common.http import callers, platform
from eventline_common.http.callers import Public
from eventline_common.http.cursors import CursorReader
from eventline_common.http.json_response import JsonResponse
from eventline_common.http.path_variables import ID_SCHEMA
from eventline_common.http.views import ErrorView

router = APIRouter(tags=["documentation"])

_REFERENCE = "#/components/schemas/{model}"
_CONTENT_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'"


class BodyDocument(dict[str, Any]):
    """The `openapi_extra` of a route whose body is described by a model."""

    def __init__(self, model: type[BaseModel], *, list_of: bool, required: bool) -> None:
        schema: dict[str, Any] = {"$ref": _REFERENCE.format(model=model.__name__)}
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


def openapi_document(routes: Sequence[APIRoute], *, title: str, version: str) -> dict[str, Any]:
    """Return the OpenAPI document of routes."""
    document = get_openapi(title=title, version=version, routes=routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.update(_body_schemas(routes))
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {"api_key": {"type": "http", "scheme": "bearer"}}
    for route, operation in _operations(routes, document):
        _complete(route, operation)
    return document


def _operations(routes: Sequence[APIRoute], document: Mapping[str, Any]) -> Iterator[tuple[APIRoute, dict[str, Any]]]:
    for route in routes:
        for method in sorted(route.methods or ()):
            operation = document["paths"].get(route.path_format, {}).get(method.lower())
            if operation is not None:
                yield route, operation


def _body_schemas(routes: Sequence[APIRoute]) -> dict[str, Any]:
    bodies = [route.openapi_extra for route in routes if isinstance(route.openapi_extra, BodyDocument)]
    used: set[type[BaseModel]] = {ErrorView, *(body.model for body in bodies)}
    models = sorted(used, key=lambda model: model.__name__)
    _, schema = models_json_schema([(model, "validation") for model in models], ref_template=_REFERENCE)
    return dict(schema.get("$defs", {}))


def _complete(route: APIRoute, operation: dict[str, Any]) -> None:
    calls = set(_calls(route.dependant))
    tag = str(route.tags[0]) if route.tags else "api"
    operation["operationId"] = f"{tag}_{route.name}"
    responses = operation["responses"]
    responses.pop("422", None)
    for status, codes in _implied(calls).items():
        _add(responses, status, codes)
    if callers.PUBLIC not in calls:
        operation["security"] = [{"api_key": []}]
    parameters = [*operation.get("parameters", [])]
    parameters += [described for call in calls if isinstance(call, CursorReader) for described in call.parameters()]
    if callers.IN_PROJECT in calls:
        parameters.append(_PROJECT_PARAMETER)
    if parameters:
        operation["parameters"] = parameters


_PROJECT_PARAMETER = {
    "name": "X-Eventline-Project-Id",
    "in": "header",
    "required": True,
    "description": "The identifier of the selected project.",
    "schema": ID_SCHEMA,
}


def _implied(calls: set[object]) -> dict[int, list[str]]:
    implied: dict[int, list[str]] = {
        400: [],
        401: [],
        403: ["unknown_api_key", "unknown_session"],
        500: ["internal_error"],
    }
    implied[503] = ["service_unavailable"]
    if callers.PUBLIC not in calls:
        implied[400] += ["invalid_project_id", "unknown_project"]
        implied[401] += ["authentication_required"]
        implied[403] += ["permission_denied"]
    if callers.IN_PROJECT in calls:
        implied[401] += ["missing_project_id"]
    if any(getattr(call, "__module__", "").endswith("path_variables") for call in calls):
        implied[400] += ["invalid_route_variable"]
    if any(isinstance(call, CursorReader) for call in calls):
        implied[400] += ["invalid_query_parameter"]
    if platform.JSON_BODY in calls:
        implied[400] += ["invalid_request_body"]
        implied[413] = ["request_body_too_large"]
    return {status: codes for status, codes in implied.items() if codes}


def _add(responses: dict[str, Any], status: int, codes: Sequence[str]) -> None:
    response = responses.setdefault(
        str(status),
        {
            "description": "",
            "content": {"application/json": {"schema": {"$ref": _REFERENCE.format(model="ErrorView")}}},
        },
    )
    listed = [code for code in response["description"].split(", ") if code]
    response["description"] = ", ".join(sorted({*listed, *codes}))


def _calls(dependant: Any) -> Iterator[object]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)


@router.get("/openapi.json", summary="Fetch the OpenAPI document", responses={200: {"description": "The document"}})
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

"""Builds the OpenAPI document: what routes declare, plus the answers that follow from their callers and inputs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from eventline_common.http import callers, platform
from eventline_common.http.cursors import CursorReader
from eventline_common.http.documents import REFERENCE, BodyDocument
from eventline_common.http.openapi_examples import add_examples
from eventline_common.http.openapi_links import add_links
from eventline_common.http.path_variables import EXAMPLE_ID, ID_SCHEMA
from eventline_common.http.views import ErrorView

_ERROR = {"$ref": REFERENCE.format(model=ErrorView.__name__)}

# Who may call, in the words of docs/reference/http-api.md.
_CALLERS = {
    callers.PUBLIC: "anybody",
    callers.ACCOUNT: "account",
    callers.IN_PROJECT: "project",
    callers.ADMINISTRATOR: "administrator",
}

_DESCRIPTION = """\
Stores, schedules, executes and monitors jobs.

Send `Authorization: Bearer <api key>` with each request, and `X-Eventline-Project-Id` with those of a project. Lists
come in pages: follow `next` until it is absent. An empty query parameter counts as absent, and so does a member that is
`null`; unknown members are ignored. Errors have a `code` for programs and a sentence for people.
"""


def openapi_document(routes: Sequence[APIRoute], *, title: str, version: str) -> dict[str, Any]:
    """Return the OpenAPI document of routes."""
    document = get_openapi(title=title, version=version, description=_DESCRIPTION, routes=routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.update(_body_schemas(routes))
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {"api_key": {"type": "http", "scheme": "bearer"}}
    for route, operation in _operations(routes, document):
        _complete(route, operation)
    add_links(document)
    add_examples(document)
    components["responses"] = dict(_shared_errors(document))
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
    _, schema = models_json_schema([(model, "validation") for model in models], ref_template=REFERENCE)
    return dict(schema.get("$defs", {}))


def _complete(route: APIRoute, operation: dict[str, Any]) -> None:
    calls = set(_calls(route.dependant))
    tag = str(route.tags[0]) if route.tags else "api"
    operation["operationId"] = f"{tag}_{route.name}"
    responses = operation["responses"]
    responses.pop("422", None)
    for status, codes in _implied(calls, reading=route.methods == {"GET"}).items():
        _add(responses, status, codes)
    operation["x-caller"] = next(word for caller, word in _CALLERS.items() if caller in calls)
    if callers.PUBLIC not in calls:
        operation["security"] = [{"api_key": []}]
    parameters = [*operation.get("parameters", [])]
    parameters += [described for call in calls if isinstance(call, CursorReader) for described in call.parameters()]
    if callers.IN_PROJECT in calls:
        parameters.append(_PROJECT_PARAMETER)
    for parameter in parameters:
        if parameter["in"] == "query":
            parameter["allowEmptyValue"] = True
    if parameters:
        operation["parameters"] = parameters


_PROJECT_PARAMETER = {
    "name": "X-Eventline-Project-Id",
    "in": "header",
    "required": True,
    "description": "The identifier of the selected project.",
    "schema": ID_SCHEMA,
    "example": EXAMPLE_ID,
}


def _implied(calls: set[object], *, reading: bool) -> dict[int, list[str]]:
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
        implied[403] += ["permission_denied"] if callers.ADMINISTRATOR in calls or not reading else []
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
    response = responses.setdefault(str(status), {"description": "", "content": {"application/json": {}}})
    listed = [code for code in response["description"].split(", ") if code]
    response["description"] = ", ".join(sorted({*listed, *codes}))


def _shared_errors(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Let answers with the same errors refer to one; give their names and what they are."""
    for methods in document["paths"].values():
        for operation in methods.values():
            responses = operation["responses"]
            for status in [status for status in responses if status >= "400"]:
                codes = responses[status]["description"].split(", ")
                name = ".".join((status, *codes))
                responses[status] = {"$ref": f"#/components/responses/{name}"}
                yield name, _error_response(codes)


def _error_response(codes: Sequence[str]) -> dict[str, Any]:
    schema = {"allOf": [_ERROR, {"properties": {"code": {"enum": codes}}}]}
    example = {"error": "a sentence for people", "code": codes[0]}
    return {
        "description": ", ".join(codes),
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def _calls(dependant: Any) -> Iterator[object]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)

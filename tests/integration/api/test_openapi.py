"""The OpenAPI document and its page."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from eventline_api.routers import ROUTERS

ClientOf = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def document(client_of: ClientOf) -> Any:
    answer = await client_of().get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def operations(document: Any) -> dict[tuple[str, str], Any]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


async def test_every_route_is_documented(document: Any) -> None:
    routes = {
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }

    assert routes <= set(operations(document))


async def test_every_operation_has_a_summary_and_its_own_id(document: Any) -> None:
    ids = [operation["operationId"] for operation in operations(document).values()]

    assert len(ids) == len(set(ids))
    assert all(operation["summary"] for operation in operations(document).values())


async def test_every_reference_leads_somewhere(document: Any, client_of: ClientOf) -> None:
    text = (await client_of().get("/openapi.json")).text
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', text))

    assert references <= set(document["components"]["schemas"])
    assert "HTTPValidationError" not in references


async def test_errors_follow_from_callers_and_inputs(document: Any) -> None:
    described = operations(document)

    def codes(operation: Any, status: str) -> list[str]:
        name = operation["responses"][status]["$ref"].rpartition("/")[2]
        schema = document["components"]["responses"][name]["content"]["application/json"]["schema"]
        found: list[str] = schema["allOf"][1]["properties"]["code"]["enum"]
        return found

    fetch, create = described["GET", "/projects/id/{id}"], described["POST", "/projects"]
    assert codes(fetch, "404") == ["unknown_project"]
    assert codes(fetch, "400") == ["invalid_project_id", "invalid_route_variable", "unknown_project"]
    assert codes(fetch, "401") == ["authentication_required"]
    assert codes(fetch, "403") == ["unknown_api_key", "unknown_session"]
    assert codes(create, "403") == ["permission_denied", "unknown_api_key", "unknown_session"]
    assert "422" not in fetch["responses"]
    assert {"400", "401", "403", "413", "500", "201"} <= set(create["responses"])
    assert create["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/NewProject"}
    assert "security" not in described["POST", "/login"]
    assert create["security"] == [{"api_key": []}]
    parameters = described["GET", "/identities"]["parameters"]
    assert {parameter["name"] for parameter in parameters} == {
        "before",
        "after",
        "size",
        "sort",
        "order",
        "X-Eventline-Project-Id",
    }


async def test_the_page_needs_nothing_from_elsewhere(client_of: ClientOf) -> None:
    page = await client_of().get("/docs")

    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert addresses == ["/docs/docs.css", "/docs/docs.js"]
    for address in addresses:
        assert (await client_of().get(address)).status_code == 200

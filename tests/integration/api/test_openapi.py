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

    fetch = described["GET", "/projects/id/{id}"]["responses"]
    create = described["POST", "/projects"]
    assert "unknown_project" in fetch["404"]["description"]
    assert "invalid_route_variable" in fetch["400"]["description"]
    assert "authentication_required" in fetch["401"]["description"]
    assert "422" not in fetch
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

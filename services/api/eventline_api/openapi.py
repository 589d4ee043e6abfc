"""Prints the OpenAPI document: `python -m eventline_api.openapi`."""

import sys
from typing import Any

from fastapi.routing import APIRoute

from eventline_api.routers import ROUTERS
from eventline_api.version.routes import VERSION
from eventline_common.http import documents
from eventline_common.http.json_response import encode
from eventline_common.http.openapi_document import openapi_document


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document of the API, which needs no running part."""
    routes = [
        route for router in (*ROUTERS, documents.router) for route in router.routes if isinstance(route, APIRoute)
    ]
    return openapi_document(routes, title="Eventline", version=VERSION)


if __name__ == "__main__":
    sys.stdout.write(encode(openapi()).decode())

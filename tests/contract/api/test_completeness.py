"""No route and no error of the API is without a row: whoever adds one is told here where the row goes."""

from collections.abc import Iterator

from fastapi.routing import APIRoute

from eventline_api.openapi import openapi
from eventline_api.routers import ROUTERS
from eventline_common.http import callers, documents

from .errors_beyond import ERRORS as ERRORS_BEYOND
from .errors_of_the_contract import ERRORS as ERRORS_OF_THE_CONTRACT
from .routes_beyond import ROUTES as ROUTES_BEYOND
from .routes_of_the_contract import ROUTES as ROUTES_OF_THE_CONTRACT

KINDS = {
    callers.PUBLIC: "public",
    callers.ACCOUNT: "account",
    callers.ADMINISTRATOR: "admin",
    callers.IN_PROJECT: "project",
}

# What follows from the caller, the path, the page or the body of a route, and is asked of every route by
# `test_callers`, `test_every_operation` and `test_transport`.
IMPLIED = {
    "authentication_required",
    "invalid_project_id",
    "missing_project_id",
    "permission_denied",
    "unknown_api_key",
    "unknown_session",
    "unknown_project",
    "invalid_route_variable",
    "invalid_query_parameter",
    "invalid_request_body",
    "request_body_too_large",
    "internal_error",
    "service_unavailable",
}


# Somebody else changes the object at the very moment: no row can bring that about.
RACES = {
    ("POST /oauth2/identities/id/{id}/authorization", "identity_changed"),
    ("POST /oauth2/authorization", "identity_changed"),
    ("POST /oauth2/authorization", "unknown_identity"),
}


def declared() -> dict[str, str]:
    """Return the caller that each route of the API declares."""
    return {
        f"{method} {route.path}": KINDS[route.dependant.dependencies[0].call]  # type: ignore[index]
        for router in (*ROUTERS, documents.router)
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


def documented() -> Iterator[tuple[str, str]]:
    """Give route and code of each error in the OpenAPI document."""
    document = openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    shared = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
                    for code in shared["description"].split(", "):
                        yield f"{method.upper()} {path}", code


def test_every_route_has_a_row_that_says_who_may_call_it() -> None:
    rows = {row.route: row.caller for row in (*ROUTES_OF_THE_CONTRACT, *ROUTES_BEYOND) if row.method != "HEAD"}
    missing = [f"{route} ({caller})" for route, caller in declared().items() if rows.get(route) != caller]

    assert missing == [], "add a Row for each of these routes to tests/contract/api/routes_beyond.py"
    assert rows.keys() <= declared().keys(), "these rows are about routes that are gone"


def test_every_error_of_a_route_has_a_row() -> None:
    rows = {(row.route, row.code) for row in (*ERRORS_OF_THE_CONTRACT, *ERRORS_BEYOND)}
    missing = sorted(
        f"{route}: {code}" for route, code in documented() if code not in IMPLIED and (route, code) not in rows | RACES
    )

    assert missing == [], "add a Refused for each of these to tests/contract/api/errors_beyond.py"


def test_every_refusal_is_documented() -> None:
    known = set(documented())
    unknown = sorted(
        f"{row.route}: {row.code}"
        for row in (*ERRORS_OF_THE_CONTRACT, *ERRORS_BEYOND)
        if row.code != "route_not_found" and (row.route, row.code) not in known
    )

    assert unknown == [], "name the error in `responses=answers(...)` of each of these routes"

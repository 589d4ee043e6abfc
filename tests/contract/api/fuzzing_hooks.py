"""Loaded by schemathesis: keeps requests from ending what the run stands on, and checks why requests are refused."""

import json
import os
import re
from typing import Any

import httpx
import schemathesis

from eventline_common.ids import NIL_ID

# The administrator, the key and the project of the run.
KEPT = set(json.loads(os.environ["EVENTLINE_TEST_KEPT"]))
URI, KEY = os.environ["EVENTLINE_TEST_URI"], os.environ["EVENTLINE_TEST_KEY"]

# Rules that no schema of a body or a parameter can express; each has rows in the tables of this folder.
BEYOND_SCHEMAS = re.compile(
    "null character"
    "|is not a Base64-encoded key|is not a key of this sort|cannot be given together"  # keys of pages are opaque
    "|it is later than end"
    "|is not an email address"
    "|is not in the future"
    "|the two passwords are different"
    "|integer of 64 bits"
    "|/(webhook|slack)_[a-z_]+: "  # what is stored of a channel decides what may be added to it
    "|lone surrogate|not JSON"  # text that is no UTF-8
)
# What bodies mean here depends on one of their members: on the runner, the event, the type of the identity.
DEPENDENT = {
    "/jobs",
    "/jobs/name/{name}",
    "/identities",
    "/identities/id/{id}",
    "/oauth2/identities",
    "/oauth2/identities/id/{id}",
}

_numbers = iter(range(10**9))


@schemathesis.hook
def before_call(_: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Let nothing delete or lock out what the run needs; let a log out end a key of its own."""
    if case.method != "GET" and (case.path_parameters or {}).get("id") in KEPT:
        case.path_parameters["id"] = NIL_ID
    if case.path == "/logout" and (case.headers or {}).get("Authorization") == f"Bearer {KEY}":
        body = {"name": f"log-out-{os.getpid()}-{next(_numbers)}"}
        created = httpx.post(f"{URI}/account/api_keys", json=body, headers={"Authorization": f"Bearer {KEY}"}).json()
        case.headers["Authorization"] = f"Bearer {created['key']}"


@schemathesis.check
def sound_requests_are_not_called_malformed(_: Any, response: Any, case: Any) -> None:
    """A request that the document allows is only refused for what it asks for, or by a rule beyond schemas."""
    generated = case.meta and case.meta.generation.mode
    if response.status_code != 400 or not (generated and generated.is_positive) or case.path in DEPENDENT:
        return
    answer = response.json()
    malformed = answer["code"] in ("invalid_request_body", "invalid_query_parameter", "invalid_route_variable")
    assert not malformed or BEYOND_SCHEMAS.search(answer["error"]), f"the document allows this: {answer['error']}"

"""Contract http-api, sections 5, 6, 8 and 10: one row per error that its tables and notes name."""

from .error_row import Refused, invalid, undecodable
from .givens import (
    Variables,
    a_finished_execution,
    a_job,
    a_job_with_a_mandatory_parameter,
    a_project,
    an_execution,
    an_identity,
    an_identity_in_use,
    malformed,
    nothing,
    unknown,
)
from .stage import CODE, PASSWORD, Stage, name

_JOB = {"name": "contract", "steps": CODE}
_IDENTITY = {"name": "fine", "connector": "generic", "type": "api_key", "data": {"key": "x"}}
_LONG = "a" * 101


def _taken(stage: Stage) -> Variables:
    """Something to rename, and `taken`: the name of another one of its kind."""
    stage.made["taken_project"] = a_project(stage)["name"]
    stage.made["taken_job"] = a_job(stage)["name"]
    stage.made["taken_identity"] = an_identity(stage)["name"]
    return {}


def _a_project_and_a_taken_name(stage: Stage) -> Variables:
    return {**_taken(stage), **a_project(stage)}


def _a_job_and_a_taken_name(stage: Stage) -> Variables:
    return {**_taken(stage), **a_job(stage)}


def _an_identity_and_a_taken_name(stage: Stage) -> Variables:
    return {**_taken(stage), **an_identity(stage)}


def _an_identity_that_a_trigger_uses(stage: Stage) -> Variables:
    variables = an_identity(stage)
    timer = {"event": "time/tick", "parameters": {"periodic": 60}, "identity": variables["name"]}
    stage.job(trigger=timer)
    return variables


def _an_account_that_logged_in_every_second(stage: Stage) -> Variables:
    """An account with a key of a login in each second of the next ten minutes."""
    id = stage.account()
    stage.made["username"] = stage.done("GET", f"/accounts/id/{id}")["username"]
    stage.rows.execute(
        """
        INSERT INTO api_keys (id, account_id, name, creation_time, key_hash)
        SELECT lpad(n::text, 7, '0') || $2, $1, to_char(now() AT TIME ZONE 'UTC' + n * interval '1 second',
            '"evcli-"YYYYMMDD"T"HH24MISS"Z"'), now(), sha256(($1 || n)::bytea)
        FROM generate_series(0, 600) AS n
        """,
        id,
        id[-20:],
    )
    return {}


def _credentials_of_that_account(stage: Stage) -> object:
    return {"username": stage.made["username"], "password": PASSWORD}


def _project_name_taken(stage: Stage) -> object:
    return {"name": stage.made["taken_project"]}


def _job_name_taken(stage: Stage) -> object:
    return {"name": stage.made["taken_job"]}


def _identity_name_taken(stage: Stage) -> object:
    return {**_IDENTITY, "name": stage.made["taken_identity"]}


def _renamed_identity(_: Stage) -> object:
    return {**_IDENTITY, "name": name("renamed")}


NAMES = (
    ("", (("/name", "string_too_short"),)),
    (None, (("/name", "string_too_short"),)),
    (_LONG, (("/name", "string_too_long"),)),
    ("Main", (("/name", "invalid_format"),)),
    ("-a", (("/name", "invalid_format"),)),
    ("A" * 101, (("/name", "string_too_long"), ("/name", "invalid_format"))),
)

LOGIN = (
    Refused("POST /login", 403, "wrong_password", sends={"username": "nobody", "password": "x"}, why="G-59"),
    Refused("POST /login", 403, "wrong_password", sends={"username": "admin", "password": "x"}),
    Refused("POST /login", 400, "duplicate_api_key_name", _an_account_that_logged_in_every_second,
            _credentials_of_that_account),
    invalid("POST /login", {}, ("/username", "missing_or_empty_string"), ("/password", "missing_or_empty_string")),
    invalid("POST /login", {"username": "", "password": None},
            ("/username", "missing_or_empty_string"), ("/password", "missing_or_empty_string"), why="empty and null"),
    undecodable("POST /login", {"username": 1, "password": "x"}, why="a number for a string"),
)  # fmt: skip

PROJECTS = (
    *(invalid("POST /projects", {"name": text}, *wrong) for text, wrong in NAMES),
    Refused("POST /projects", 400, "duplicate_project_name", _taken, _project_name_taken),
    Refused("GET /projects/id/{id}", 404, "unknown_project", unknown),
    Refused("GET /projects/id/{id}", 400, "invalid_route_variable", malformed),
    Refused("GET /projects/name/{name}", 404, "unknown_project", unknown),
    Refused("PUT /projects/id/{id}", 404, "unknown_project", unknown, {"name": "fine"}),
    Refused("PUT /projects/id/{id}", 400, "invalid_route_variable", malformed, {"name": "fine"}),
    Refused("PUT /projects/id/{id}", 400, "duplicate_project_name", _a_project_and_a_taken_name, _project_name_taken),
    invalid("PUT /projects/id/{id}", {"name": "A"}, ("/name", "invalid_format"), given=a_project),
    Refused("DELETE /projects/id/{id}", 404, "unknown_project", unknown),
    Refused("DELETE /projects/id/{id}", 400, "invalid_route_variable", malformed),
)

JOBS = (
    *(invalid("PUT /jobs", [{"name": text, "steps": CODE}], *((f"/0{place}", code) for place, code in wrong))
      for text, wrong in NAMES),
    undecodable("PUT /jobs", {"name": "no-array", "steps": CODE}, why="an object for an array"),
    undecodable("PUT /jobs", [None], why="null for an object"),
    undecodable("PUT /jobs/name/{name}", [], given=a_job, why="an array for an object"),
    undecodable("PUT /jobs/name/{name}", {**_JOB, "steps": "x"}, given=a_job, why="a string for an array"),
    undecodable("PUT /jobs/name/{name}", content=b"{", given=a_job, why="not JSON"),
    undecodable("PUT /jobs/name/{name}", content=b"", given=a_job, why="empty"),
    invalid("PUT /jobs/name/{name}", {**_JOB, "name": "other"}, ("/name", "invalid_value"), given=a_job, why="G-05"),
    Refused("GET /jobs/id/{id}", 404, "unknown_job", unknown),
    Refused("GET /jobs/id/{id}", 400, "invalid_route_variable", malformed),
    Refused("GET /jobs/name/{name}", 404, "unknown_job", unknown),
    Refused("DELETE /jobs/id/{id}", 404, "unknown_job", unknown),
    Refused("DELETE /jobs/id/{id}", 400, "invalid_route_variable", malformed),
    Refused("POST /jobs/id/{id}/rename", 404, "unknown_job", unknown, {"name": "fine"}),
    Refused("POST /jobs/id/{id}/rename", 400, "invalid_route_variable", malformed, {"name": "fine"}),
    Refused("POST /jobs/id/{id}/rename", 400, "duplicate_job_name", _a_job_and_a_taken_name, _job_name_taken),
    *(invalid("POST /jobs/id/{id}/rename", {"name": text}, *wrong, given=a_job) for text, wrong in NAMES),
    invalid("POST /jobs/id/{id}/rename", {"name": "fine", "description": "x" * 501},
            ("/description", "string_too_long"), given=a_job),
    *(Refused(f"POST /jobs/id/{{id}}/{verb}", 404, "unknown_job", unknown) for verb in ("enable", "disable")),
    *(Refused(f"POST /jobs/id/{{id}}/{verb}", 400, "invalid_route_variable", malformed)
      for verb in ("enable", "disable")),
)  # fmt: skip

_EXECUTE = "POST /jobs/id/{id}/execute"
EXECUTING = (
    Refused(_EXECUTE, 404, "unknown_job", unknown, {"parameters": {}}),
    Refused(_EXECUTE, 400, "invalid_route_variable", malformed, {"parameters": {}}),
    undecodable(_EXECUTE, content=b"", given=a_job, why="no body"),
    undecodable(_EXECUTE, {"parameters": []}, given=a_job, why="an array for an object"),
    invalid(_EXECUTE, {}, ("/parameters", "missing_or_null_value"), given=a_job),
    invalid(_EXECUTE, {"parameters": None}, ("/parameters", "missing_or_null_value"), given=a_job, why="null"),
    invalid(_EXECUTE, {"parameters": {}}, ("/parameters", "missing_parameter"),
            given=a_job_with_a_mandatory_parameter),
)  # fmt: skip

JOB_EXECUTIONS = (
    Refused("GET /job_executions/id/{id}", 404, "unknown_job_execution", unknown),
    Refused("GET /job_executions/id/{id}", 400, "invalid_route_variable", malformed),
    Refused("POST /job_executions/id/{id}/abort", 404, "unknown_job_execution", unknown),
    Refused("POST /job_executions/id/{id}/abort", 400, "invalid_route_variable", malformed),
    Refused("POST /job_executions/id/{id}/abort", 400, "job_execution_finished", a_finished_execution),
    Refused("POST /job_executions/id/{id}/restart", 404, "unknown_job_execution", unknown),
    Refused("POST /job_executions/id/{id}/restart", 400, "invalid_route_variable", malformed),
    Refused("POST /job_executions/id/{id}/restart", 400, "job_execution_not_finished", an_execution),
)

EVENTS = (
    Refused("GET /events/id/{id}", 404, "unknown_event", unknown),
    Refused("GET /events/id/{id}", 400, "invalid_route_variable", malformed),
    Refused("POST /events/id/{id}/replay", 404, "unknown_event", unknown),
    Refused("POST /events/id/{id}/replay", 400, "invalid_route_variable", malformed),
)

_BROWSER = {**_IDENTITY, "type": "oauth2"}
_OAUTH2 = {"issuer": "https://a.example", "client_id": "x", "client_secret": "x", "scopes": ["openid"]}
IDENTITIES = (
    *(invalid("POST /identities", {**_IDENTITY, "name": text}, *wrong) for text, wrong in NAMES),
    undecodable("POST /identities", {**_IDENTITY, "connector": "none"}, why="an unknown connector"),
    undecodable("POST /identities", {**_IDENTITY, "type": "none"}, why="an unknown type"),
    undecodable("POST /identities", {**_IDENTITY, "data": None}, why="no data"),
    undecodable("POST /identities", {**_IDENTITY, "data": {"key": 1}}, why="a number for a string"),
    invalid("POST /identities", {**_IDENTITY, "data": {}}, ("/data/key", "missing_or_empty_string")),
    Refused("POST /identities", 400, "duplicate_identity_name", _taken, _identity_name_taken),
    Refused("POST /identities", 400, "invalid_oauth2_identity", sends={**_BROWSER, "data": _OAUTH2}),
    Refused("GET /identities/id/{id}", 404, "unknown_identity", unknown),
    Refused("GET /identities/id/{id}", 400, "invalid_route_variable", malformed),
    Refused("GET /identities/name/{name}", 404, "unknown_identity", unknown),
    Refused("PUT /identities/id/{id}", 404, "unknown_identity", unknown, _IDENTITY, why="G-10"),
    Refused("PUT /identities/id/{id}", 400, "invalid_route_variable", malformed, _IDENTITY),
    Refused("PUT /identities/id/{id}", 400, "duplicate_identity_name", _an_identity_and_a_taken_name,
            _identity_name_taken),
    Refused("PUT /identities/id/{id}", 400, "invalid_oauth2_identity", an_identity, {**_BROWSER, "data": _OAUTH2}),
    Refused("PUT /identities/id/{id}", 400, "identity_in_use", an_identity_in_use, _renamed_identity, why="G-10"),
    invalid("PUT /identities/id/{id}", {**_IDENTITY, "data": {}}, ("/data/key", "missing_or_empty_string"),
            given=an_identity),
    Refused("DELETE /identities/id/{id}", 404, "unknown_identity", unknown),
    Refused("DELETE /identities/id/{id}", 400, "invalid_route_variable", malformed),
    Refused("DELETE /identities/id/{id}", 400, "identity_in_use", an_identity_in_use),
    Refused("DELETE /identities/id/{id}", 400, "identity_in_use", _an_identity_that_a_trigger_uses),
)  # fmt: skip

COLLECTIONS = ("/projects", "/jobs", "/events", "/identities")
PAGES = tuple(
    Refused(f"GET {collection}", 400, "invalid_query_parameter", query=query)
    for collection in COLLECTIONS
    for query in ("?size=x", "?size=-1", "?size=101", "?size=1.0", "?sort=age", "?order=up", "?after=*", "?after=YQ",
                  "?before=YQ==&after=YQ==", "?after=/w==")
)  # fmt: skip

UNKNOWN_ROUTES = tuple(
    Refused(route, 404, "route_not_found", nothing)
    for route in ("GET /nothing", "PATCH /projects", "DELETE /login", "POST /job_executions", "GET /jobs/id", "GET /")
)

ERRORS = (
    *LOGIN,
    *PROJECTS,
    *JOBS,
    *EXECUTING,
    *JOB_EXECUTIONS,
    *EVENTS,
    *IDENTITIES,
    *PAGES,
    *UNKNOWN_ROUTES,
)

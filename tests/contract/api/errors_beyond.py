"""The errors of the routes that the original does not have: one row per route and code; add a row here for each new
one."""

from .error_row import Refused, invalid, undecodable
from .givens import (
    GITHUB_CLIENT,
    Variables,
    a_changed_job,
    a_job,
    a_notification,
    a_project,
    a_session_that_asks,
    a_step,
    an_account,
    an_account_that_asks,
    an_identity,
    an_identity_in_use,
    malformed,
    nothing,
    unknown,
)
from .stage import PASSWORD, Stage, name


def _the_last_administrator(stage: Stage) -> Variables:
    stage.rows.execute("UPDATE accounts SET role = 'user' WHERE username <> 'admin'")
    return {"id": stage.rows.fetch("SELECT id FROM accounts WHERE username = 'admin'")[0]["id"]}


def _an_account_and_a_taken_name(stage: Stage) -> Variables:
    stage.made["taken"] = stage.done("GET", f"/accounts/id/{stage.account()}")["username"]
    return an_account(stage)


def _a_taken_key_name(stage: Stage) -> Variables:
    stage.made["taken"] = stage.done("POST", "/account/api_keys", {"name": name("key")})["api_key"]["name"]
    return {}


def _a_project_and_a_taken_name(stage: Stage) -> Variables:
    stage.made["taken"] = a_project(stage)["name"]
    return a_project(stage)


def _a_job_that_follows_another(stage: Stage) -> Variables:
    stage.made["followed"] = name("job")
    trigger = {"event": "eventline/job_execution_finished", "parameters": {"job": stage.made["followed"]}}
    return {"id": stage.job(trigger=trigger)}


def _the_name_that_it_follows(stage: Stage) -> object:
    return {"name": stage.made["followed"]}


def _a_job_without_a_trigger(stage: Stage) -> Variables:
    return {"id": stage.job()}


def _a_job_without_the_second_revision(stage: Stage) -> Variables:
    return {**a_job(stage), "number": "2"}


def _a_job_whose_first_revision_lost_its_identity(stage: Stage) -> Variables:
    identity = name("identity")
    id = stage.identity(identity)
    job_name = name("job")
    stage.job(job_name, identities=[identity])
    job_id = stage.job(job_name)
    stage.done("DELETE", f"/identities/id/{id}")
    return {"id": job_id, "number": "1"}


def _a_locked_account(stage: Stage) -> Variables:
    """An account whose password somebody has guessed at too often."""
    stage.made["username"] = name("locked")
    stage.rows.execute(
        "INSERT INTO login_failures (time, username, address) SELECT now(), $1, '' FROM generate_series(1, 10)",
        stage.made["username"],
    )
    return {}


def _a_locked_account_that_asks(stage: Stage) -> Variables:
    an_account_that_asks(stage)
    username = stage.done("GET", "/account")["username"]
    stage.rows.execute(
        "INSERT INTO login_failures (time, username, address) SELECT now(), $1, '' FROM generate_series(1, 10)",
        username,
    )
    return {}


def _an_identity_and_a_taken_name(stage: Stage) -> Variables:
    stage.made["taken"] = an_identity(stage)["name"]
    return an_identity(stage)


def _oauth2_taken(stage: Stage) -> object:
    return {**_OAUTH2, "name": stage.made["taken"]}


def _an_identity_of_a_provider_that_is_away(stage: Stage) -> Variables:
    """An identity whose provider must be asked for its endpoints, at a port that nobody listens on."""
    data = {**GITHUB_CLIENT, "issuer": "http://127.0.0.1:1", "discovery": True}
    body = {"name": name("identity"), "connector": "generic", "type": "oauth2", "data": data}
    return {"id": stage.done("POST", "/oauth2/identities", body)["id"]}


def _of_that_account(stage: Stage) -> object:
    return {"username": stage.made["username"], "password": "x"}


def _of_that_name(stage: Stage) -> object:
    return {"username": stage.made["taken"], "password": PASSWORD, "role": "user"}


def _configuration(name: str, header: str = "#!/bin/sh", address: str = "team@example.com") -> dict[str, object]:
    return {
        "project": {"name": name},
        "project_settings": {"code_header": header},
        "project_notification_settings": {"email_addresses": [address]},
    }


_ACCOUNT = {"username": "somebody", "password": PASSWORD, "role": "user"}
_OAUTH2 = {"name": "fine", "connector": "github", "type": "oauth2", "data": GITHUB_CLIENT}
_ONE_REVISION = "/jobs/id/{id}/revisions/{number}"

# A route that names something which is not there, or not by an identifier.
NOT_THERE = tuple(
    row
    for method, path, code, sends in (
        ("GET", "/job_executions/id/{id}/steps", "unknown_job_execution", None),
        ("GET", "/job_executions/id/{id}/follow", "unknown_job_execution", None),
        ("GET", "/jobs/id/{id}/job_executions", "unknown_job", None),
        ("GET", "/step_executions/id/{id}", "unknown_step_execution", None),
        ("GET", "/step_executions/id/{id}/output", "unknown_step_execution", None),
        ("GET", "/step_executions/id/{id}/log_file", "unknown_step_execution", None),
        ("PUT", "/jobs/id/{id}/favourite", "unknown_job", None),
        ("DELETE", "/jobs/id/{id}/favourite", "unknown_job", None),
        ("GET", "/jobs/id/{id}/revisions", "unknown_job", None),
        ("GET", _ONE_REVISION, "unknown_job", None),
        ("GET", f"{_ONE_REVISION}/diff", "unknown_job", None),
        ("POST", f"{_ONE_REVISION}/roll_back", "unknown_job", None),
        ("GET", "/jobs/id/{id}/forecast", "unknown_job", None),
        ("GET", "/jobs/id/{id}/statistics", "unknown_job", None),
        ("GET", "/jobs/id/{id}/statistics/status_counts", "unknown_job", None),
        ("GET", "/jobs/id/{id}/statistics/running_times", "unknown_job", None),
        ("GET", "/notifications/id/{id}", "unknown_notification", None),
        ("POST", "/notifications/id/{id}/retry", "unknown_notification", None),
        ("GET", "/projects/id/{id}/settings", "unknown_project", None),
        ("PUT", "/projects/id/{id}/settings", "unknown_project", {"code_header": "#!/bin/sh"}),
        ("GET", "/projects/id/{id}/notification_settings", "unknown_project", None),
        ("PUT", "/projects/id/{id}/notification_settings", "unknown_project", {}),
        ("GET", "/projects/id/{id}/configuration", "unknown_project", None),
        ("PUT", "/projects/id/{id}/configuration", "unknown_project", _configuration("fine")),
        ("POST", "/identities/id/{id}/refresh", "unknown_identity", None),
        ("PUT", "/oauth2/identities/id/{id}", "unknown_identity", _OAUTH2),
        ("POST", "/oauth2/identities/id/{id}/authorization", "unknown_identity", None),
        ("GET", "/jobs/id/{id}/subscription", "unknown_job", None),
        ("POST", "/jobs/id/{id}/subscription/renew_address", "unknown_job", None),
        ("GET", "/account/api_keys/id/{id}", "unknown_api_key", None),
        ("DELETE", "/account/api_keys/id/{id}", "unknown_api_key", None),
        ("DELETE", "/account/sessions/id/{id}", "unknown_session", None),
        ("GET", "/accounts/id/{id}", "unknown_account", None),
        ("PUT", "/accounts/id/{id}", "unknown_account", {"username": "somebody", "role": "user"}),
        ("PUT", "/accounts/id/{id}/password", "unknown_account", {"password": PASSWORD}),
        ("DELETE", "/accounts/id/{id}", "unknown_account", None),
    )
    for row in (
        Refused(f"{method} {path}", 404, code, unknown, sends),
        Refused(f"{method} {path}", 400, "invalid_route_variable", malformed, sends),
    )
)  # fmt: skip

REVISIONS = (
    Refused(f"GET {_ONE_REVISION}", 404, "unknown_job_revision", _a_job_without_the_second_revision),
    Refused(f"GET {_ONE_REVISION}/diff", 404, "unknown_job_revision", _a_job_without_the_second_revision),
    Refused(f"GET {_ONE_REVISION}/diff", 404, "unknown_job_revision", a_changed_job, query="?from=3"),
    Refused(f"GET {_ONE_REVISION}/diff", 400, "invalid_query_parameter", a_changed_job, query="?from=-1"),
    Refused(f"POST {_ONE_REVISION}/roll_back", 404, "unknown_job_revision", _a_job_without_the_second_revision),
    invalid(f"POST {_ONE_REVISION}/roll_back", None, ("/identities/0", "unknown_identity"),
            given=_a_job_whose_first_revision_lost_its_identity),
)  # fmt: skip

LOOPS = (Refused("POST /jobs/id/{id}/rename", 400, "job_loop", _a_job_that_follows_another, _the_name_that_it_follows),)

_RENEW = "POST /jobs/id/{id}/subscription/renew_address"
SUBSCRIPTIONS = (
    Refused("GET /jobs/id/{id}/subscription", 404, "unknown_subscription", _a_job_without_a_trigger),
    Refused(_RENEW, 404, "unknown_subscription", _a_job_without_a_trigger),
    Refused(_RENEW, 400, "no_webhook_address", a_job),
)

# What a filter or a range cannot be.
QUERIES = tuple(
    Refused(f"GET {path}", 400, "invalid_query_parameter", given, query=query)
    for path, given, queries in (
        ("/job_executions", nothing, ("?status=done", "?start=soon", "?end=x", "?job=x", "?size=x", "?after=eA==")),
        ("/jobs/id/{id}/job_executions", a_job, ("?status=created,", "?start=2026-13-01T00:00:00Z", "?sort=name")),
        ("/events", nothing, ("?job=x", "?processed=yes", "?name=%00", "?start=soon", "?end=soon")),
        ("/jobs", nothing, ("?favourite=1",)),
        ("/jobs/id/{id}/revisions", a_job, ("?sort=id",)),
        ("/jobs/id/{id}/forecast", a_job, ("?count=0", "?count=1001", "?count=x")),
        ("/forecast", nothing, ("?count=0", "?count=x")),
        ("/notifications", nothing, ("?status=lost", "?kind=x", "?sort=status")),
        ("/subscriptions", nothing, ("?status=broken", "?sort=name")),
        ("/jobs/id/{id}/statistics/status_counts", a_job, ("?granularity=week", "?start=4102444800")),
        ("/jobs/id/{id}/statistics/running_times", a_job, ("?granularity=week", "?end=x")),
        ("/job_statistics", nothing, ("?job=x", "?job=" + ",".join(["0" * 27] * 101))),
        ("/step_executions/id/{id}/output", a_step, ("?offset=x", "?limit=-1", "?limit=x")),
        ("/identity_summaries", nothing, ("?sort=status",)),
        ("/account/api_keys", nothing, ("?size=101",)),
        ("/account/sessions", nothing, ("?sort=name",)),
        ("/accounts", nothing, ("?sort=role",)),
        ("/audit_log", nothing, ("?sort=action", "?start=soon", "?end=soon")),
    )
    for query in queries
)  # fmt: skip

_HEADER, _SETTINGS = "PUT /projects/id/{id}/settings", "PUT /projects/id/{id}/notification_settings"
_CONFIGURE = "PUT /projects/id/{id}/configuration"
PROJECTS = (
    invalid(_HEADER, {}, ("/code_header", "invalid_shebang"), given=a_project),
    invalid(_HEADER, {"code_header": "set -eu"}, ("/code_header", "invalid_shebang"), given=a_project),
    invalid(_HEADER, {"code_header": "#!/bin/sh\n" + "x" * 100_000}, ("/code_header", "string_too_long"),
            given=a_project, why="a long header"),
    invalid(_SETTINGS, {"email_addresses": ["nobody"]}, ("/email_addresses/0", "invalid_email_address"),
            given=a_project),
    invalid(_SETTINGS, {"email_addresses": ["a@example.com"] * 101}, ("/email_addresses", "invalid_value"),
            given=a_project, why="more than 100 addresses"),
    undecodable(_SETTINGS, {"on_failed_job": "yes"}, given=a_project, why="a string for a boolean"),
    Refused(_CONFIGURE, 400, "duplicate_project_name", _a_project_and_a_taken_name,
            lambda stage: _configuration(stage.made["taken"])),
    invalid(_CONFIGURE, {}, *((f"/{part}", "missing_or_null_value") for part in
            ("project", "project_settings", "project_notification_settings")), given=a_project),
    invalid(_CONFIGURE, _configuration("A", "x", "y"), ("/project/name", "invalid_format"),
            ("/project_settings/code_header", "invalid_shebang"),
            ("/project_notification_settings/email_addresses/0", "invalid_email_address"), given=a_project),
)  # fmt: skip

_PASSWORD = "PUT /account/password"
OWN_ACCOUNT = (
    Refused("POST /login", 429, "too_many_login_attempts", _a_locked_account, _of_that_account),
    Refused("POST /sessions", 429, "too_many_login_attempts", _a_locked_account, _of_that_account),
    Refused("POST /sessions", 403, "wrong_password", sends={"username": "nobody", "password": "x"}, why="G-59"),
    Refused("POST /sessions", 403, "wrong_password", sends={"username": "admin", "password": "x"}),
    invalid("POST /sessions", {}, ("/username", "missing_or_empty_string"), ("/password", "missing_or_empty_string")),
    invalid("PUT /account/settings", {"date_format": "short", "page_size": 101},
            ("/date_format", "invalid_value"), ("/page_size", "integer_too_large")),
    invalid("PUT /account/settings", {"page_size": -1}, ("/page_size", "integer_too_small")),
    Refused(_PASSWORD, 403, "wrong_password", an_account_that_asks,
            {"current_password": "x", "password": PASSWORD}),
    Refused(_PASSWORD, 429, "too_many_login_attempts", _a_locked_account_that_asks,
            {"current_password": PASSWORD, "password": PASSWORD}),
    invalid(_PASSWORD, {"password": "short"}, ("/current_password", "missing_or_empty_string"),
            ("/password", "string_too_short")),
    invalid(_PASSWORD, {"current_password": "x", "password": PASSWORD, "password_confirmation": "other"},
            ("/password_confirmation", "password_mismatch")),
    invalid("POST /account/api_keys", {"name": "A"}, ("/name", "invalid_format")),
    invalid("POST /account/api_keys", {"name": "fine", "expiration_time": "tomorrow"},
            ("/expiration_time", "invalid_datetime")),
    invalid("POST /account/api_keys", {"name": "fine", "expiration_time": "2020-01-01T00:00:00Z"},
            ("/expiration_time", "invalid_value")),
    Refused("POST /account/api_keys", 400, "duplicate_api_key_name", _a_taken_key_name,
            lambda stage: {"name": stage.made["taken"]}),
    Refused("GET /session", 404, "unknown_session", an_account_that_asks, why="an api key has no session"),
    Refused("PUT /session", 404, "unknown_session", an_account_that_asks, lambda stage: {"project_id": stage.project},
            why="an api key has no session"),
    Refused("PUT /session", 404, "unknown_project", a_session_that_asks, {"project_id": "0" * 27}),
    invalid("PUT /session", {}, ("/project_id", "invalid_string_format"), given=a_session_that_asks),
)  # fmt: skip

ACCOUNTS = (
    invalid("POST /accounts", {}, ("/username", "string_too_short"), ("/password", "string_too_short"),
            ("/role", "invalid_value")),
    invalid("POST /accounts", {"username": "x" * 101, "password": "x" * 101, "role": "root"},
            ("/username", "string_too_long"), ("/password", "string_too_long"), ("/role", "invalid_value")),
    invalid("POST /accounts", {**_ACCOUNT, "password_confirmation": "x"},
            ("/password_confirmation", "password_mismatch")),
    Refused("POST /accounts", 400, "duplicate_username", _an_account_and_a_taken_name, _of_that_name),
    Refused("PUT /accounts/id/{id}", 400, "duplicate_username", _an_account_and_a_taken_name, _of_that_name),
    Refused("PUT /accounts/id/{id}", 400, "last_administrator", _the_last_administrator,
            {"username": "admin", "role": "user"}, why="G-54"),
    Refused("DELETE /accounts/id/{id}", 400, "last_administrator", _the_last_administrator, why="G-54"),
    invalid("PUT /accounts/id/{id}", {"username": "x", "role": ""}, ("/username", "string_too_short"),
            ("/role", "invalid_value"), given=an_account),
    invalid("PUT /accounts/id/{id}/password", {"password": "short"}, ("/password", "string_too_short"),
            given=an_account),
)  # fmt: skip

NOTIFICATIONS = (
    Refused("POST /notifications/id/{id}/retry", 400, "notification_not_abandoned", a_notification),
    Refused("POST /notifications/test", 400, "nobody_to_notify", nothing),
)

_START, _COMPLETE = "POST /oauth2/identities/id/{id}/authorization", "POST /oauth2/authorization"
_STATE = {"connector": "github", "type": "oauth2", "state": "unknown"}
IDENTITIES = (
    Refused("POST /identities/id/{id}/refresh", 400, "identity_not_refreshable", an_identity),
    Refused("POST /oauth2/identities", 400, "duplicate_identity_name", _an_identity_and_a_taken_name, _oauth2_taken),
    Refused("PUT /oauth2/identities/id/{id}", 400, "duplicate_identity_name", _an_identity_and_a_taken_name,
            _oauth2_taken),
    Refused("PUT /oauth2/identities/id/{id}", 400, "identity_in_use", an_identity_in_use, _OAUTH2),
    invalid("POST /oauth2/identities", {**_OAUTH2, "type": "token", "data": {"username": "x", "token": "x"}},
            ("/type", "invalid_value")),
    Refused(_START, 400, "not_an_oauth2_identity", an_identity),
    Refused(_START, 400, "oauth2_error", _an_identity_of_a_provider_that_is_away),
    Refused(_COMPLETE, 400, "missing_oauth2_state", sends={**_STATE, "state": ""}),
    Refused(_COMPLETE, 400, "missing_oauth2_code", sends=_STATE),
    Refused(_COMPLETE, 400, "invalid_oauth2_state", sends={**_STATE, "code": "x"}),
)  # fmt: skip

ERRORS = (
    *NOT_THERE,
    *REVISIONS,
    *LOOPS,
    *SUBSCRIPTIONS,
    *QUERIES,
    *PROJECTS,
    *OWN_ACCOUNT,
    *ACCOUNTS,
    *IDENTITIES,
    *NOTIFICATIONS,
)

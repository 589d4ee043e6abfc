"""Contract http-api, section 9: one row per row of its table of routes, and more where a route answers in more ways."""

from .givens import (
    a_disabled_job,
    a_failed_execution,
    a_finished_execution,
    a_job,
    a_project,
    a_running_execution,
    an_account_to_log_in,
    an_event,
    an_execution,
    an_identity,
    an_identity_in_use,
    nothing,
)
from .route_row import ACCOUNT, ADMIN, PROJECT, PUBLIC, Row, named
from .shapes import ACCOUNT as ACCOUNT_OBJECT
from .shapes import CREATED_API_KEY, EVENT, IDENTITY, JOB, JOB_EXECUTION, array_of, page_of
from .shapes import PROJECT as PROJECT_OBJECT
from .stage import CODE, PASSWORD, Stage


def _specification(stage: Stage) -> dict[str, object]:
    """Return the specification of the job that is there already, changed."""
    return {"name": stage.made["name"], "steps": CODE, "description": "changed"}


def _credentials(stage: Stage) -> dict[str, str]:
    return {"username": stage.made["username"], "password": PASSWORD}


_NEW_PROJECT = named(lambda name: {"name": name}, "project")
_NEW_IDENTITY = named(
    lambda name: {"name": name, "connector": "generic", "type": "password", "data": {"login": "bob", "password": "x"}},
    "identity",
)
_RENAMING = named(lambda name: {"name": name, "description": "A description"}, "job")
_ONE_JOB = {"name": "contract", "steps": CODE}

ROUTES = (
    Row("HEAD /status", PUBLIC, 204),
    Row("POST /login", PUBLIC, 200, CREATED_API_KEY, given=an_account_to_log_in, sends=_credentials),
    Row("GET /account", ACCOUNT, 200, ACCOUNT_OBJECT),
    Row("GET /projects", ACCOUNT, 200, page_of(PROJECT_OBJECT)),
    Row("POST /projects", ADMIN, 201, PROJECT_OBJECT, sends=_NEW_PROJECT),
    Row("GET /projects/id/{id}", ACCOUNT, 200, PROJECT_OBJECT, given=a_project),
    Row("GET /projects/name/{name}", ACCOUNT, 200, PROJECT_OBJECT, given=a_project),
    Row("PUT /projects/id/{id}", ADMIN, 200, PROJECT_OBJECT, given=a_project, sends=_NEW_PROJECT),
    Row("DELETE /projects/id/{id}", ADMIN, 204, given=a_project),
    Row("GET /jobs", PROJECT, 200, page_of(JOB), given=a_disabled_job),
    Row("PUT /jobs", PROJECT, 200, array_of(JOB), sends=[_ONE_JOB, {**_ONE_JOB, "name": "other"}]),
    Row("PUT /jobs", PROJECT, 200, array_of(JOB), sends=[]),
    Row("PUT /jobs", PROJECT, 204, sends=[_ONE_JOB], query="?dry-run"),
    Row("GET /jobs/id/{id}", PROJECT, 200, JOB, given=a_job),
    Row("GET /jobs/id/{id}", PROJECT, 200, JOB, given=a_disabled_job),
    Row("DELETE /jobs/id/{id}", PROJECT, 204, given=a_job),
    Row("GET /jobs/name/{name}", PROJECT, 200, JOB, given=a_job),
    Row("PUT /jobs/name/{name}", PROJECT, 200, JOB, given=a_job, sends=_specification),
    Row("PUT /jobs/name/{name}", PROJECT, 204, given=a_job, sends=_specification, query="?dry-run="),
    Row("PUT /jobs/name/{name}", PROJECT, 204, given=a_job, sends=_specification, query="?dry-run=false"),
    Row("POST /jobs/id/{id}/rename", PROJECT, 204, given=a_job, sends=_RENAMING),
    Row("POST /jobs/id/{id}/enable", PROJECT, 204, given=a_disabled_job),
    Row("POST /jobs/id/{id}/disable", PROJECT, 204, given=a_job),
    Row("POST /jobs/id/{id}/execute", PROJECT, 200, JOB_EXECUTION, given=a_job, sends={"parameters": {"size": 2}}),
    Row("POST /jobs/id/{id}/execute", PROJECT, 200, JOB_EXECUTION, given=a_disabled_job, sends={"parameters": {}}),
    Row("GET /job_executions/id/{id}", PROJECT, 200, JOB_EXECUTION, given=an_execution),
    Row("GET /job_executions/id/{id}", PROJECT, 200, JOB_EXECUTION, given=a_running_execution),
    Row("GET /job_executions/id/{id}", PROJECT, 200, JOB_EXECUTION, given=a_finished_execution),
    Row("GET /job_executions/id/{id}", PROJECT, 200, JOB_EXECUTION, given=a_failed_execution),
    Row("POST /job_executions/id/{id}/abort", PROJECT, 204, given=an_execution),
    Row("POST /job_executions/id/{id}/abort", PROJECT, 204, given=a_running_execution),
    Row("POST /job_executions/id/{id}/restart", PROJECT, 204, given=a_finished_execution),
    Row("GET /events", PROJECT, 200, page_of(EVENT), given=an_event),
    Row("GET /events/id/{id}", PROJECT, 200, EVENT, given=an_event),
    Row("POST /events/id/{id}/replay", PROJECT, 200, EVENT, given=an_event),
    Row("GET /identities", PROJECT, 200, page_of(IDENTITY), given=an_identity),
    Row("GET /identities", PROJECT, 200, page_of(IDENTITY), given=nothing),
    Row("POST /identities", PROJECT, 201, IDENTITY, sends=_NEW_IDENTITY),
    Row("GET /identities/id/{id}", PROJECT, 200, IDENTITY, given=an_identity_in_use),
    Row("GET /identities/name/{name}", PROJECT, 200, IDENTITY, given=an_identity),
    Row("PUT /identities/id/{id}", PROJECT, 200, IDENTITY, given=an_identity, sends=_NEW_IDENTITY),
    Row("DELETE /identities/id/{id}", PROJECT, 204, given=an_identity),
)

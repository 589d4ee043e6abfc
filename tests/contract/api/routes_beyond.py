"""The routes that the original does not have: add a row here for each new one."""

from .givens import (
    GITHUB_CLIENT,
    a_changed_job,
    a_favourite_job,
    a_finished_execution,
    a_job,
    a_job_that_ran,
    a_notification,
    a_pending_identity,
    a_project,
    a_refreshable_identity,
    a_session,
    a_session_that_asks,
    a_step,
    a_webhook,
    an_abandoned_notification,
    an_account,
    an_account_that_asks,
    an_api_key,
    an_authorization,
    an_event,
    an_execution,
    an_identity,
    people_to_notify,
)
from .route_row import ACCOUNT, ADMIN, PROJECT, PUBLIC, Row, named
from .shapes import ACCOUNT as ACCOUNT_OBJECT
from .shapes import (
    API_KEY,
    CREATED_API_KEY,
    EVENT,
    IDENTITY,
    IDENTITY_SUMMARY,
    JOB,
    JOB_EXECUTION,
    TEXT,
    list_of,
    page_of,
)
from .shapes_beyond import (
    AUDIT_ENTRY,
    AUTHORIZATION,
    CONFIGURATION,
    CREATED_SESSION,
    CURRENT_SESSION,
    DIFFERENCES,
    HEALTH,
    IDENTITY_TYPE,
    NOTIFICATION,
    NOTIFICATION_SETTINGS,
    OPENAPI,
    PROJECT_SETTINGS,
    REVISION,
    RUNNING_TIMES,
    STATISTICS,
    STATUS_COUNTS,
    STEP_EXECUTION,
    SUBSCRIPTION,
    TICK,
    VERSION,
    WEB_SESSION,
)
from .stage import CREDENTIALS, PASSWORD, Stage

_STREAM, _BYTES = "text/event-stream", "application/octet-stream"
_HEADER = {"code_header": "#!/bin/bash\n"}
_NOTIFICATIONS = {"on_failed_job": True, "email_addresses": ["Team <team@example.com>"]}
_ACCOUNT = named(lambda name: {"username": name, "password": PASSWORD, "role": "user"}, "account")
_ACCOUNT_UPDATE = named(lambda name: {"username": name, "role": "admin"}, "account")
_KEY = named(lambda name: {"name": name, "expiration_time": "2100-01-01T00:00:00Z", "read_only": True}, "key")
_CONFIGURATION = named(
    lambda name: {
        "project": {"name": name},
        "project_settings": _HEADER,
        "project_notification_settings": _NOTIFICATIONS,
    },
    "project",
)
_NEW_PASSWORD = {"password": "another horse", "revoke_api_keys": True}

_OAUTH2_IDENTITY = named(
    lambda name: {"name": name, "connector": "github", "type": "oauth2", "data": GITHUB_CLIENT}, "identity"
)


def _completion(stage: Stage) -> dict[str, str]:
    """Return what comes back from a provider whose user said no."""
    return {"connector": "github", "type": "oauth2", "state": stage.made["state"], "error": "access_denied"}


def _selection(stage: Stage) -> dict[str, str]:
    return {"project_id": stage.project}


ROUTES = (
    # Executions, their steps and their output
    Row("GET /job_executions", PROJECT, 200, page_of(JOB_EXECUTION), given=a_finished_execution),
    Row("GET /job_executions", PROJECT, 200, page_of(JOB_EXECUTION), given=an_execution,
        query="?status=created,started&start=2020-01-01T00:00:00Z&end=4102444800&sort=id&order=asc&size=5"),
    Row("GET /jobs/id/{id}/job_executions", PROJECT, 200, page_of(JOB_EXECUTION), given=a_job_that_ran,
        query="?status=failed"),
    Row("GET /job_executions/id/{id}/steps", PROJECT, 200, list_of(STEP_EXECUTION), given=a_finished_execution),
    Row("GET /job_executions/id/{id}/steps", PROJECT, 200, list_of(STEP_EXECUTION), given=an_execution),
    Row("GET /job_executions/id/{id}/follow", PROJECT, 200, given=a_finished_execution, media=_STREAM),
    Row("GET /job_executions/id/{id}/follow", PROJECT, 200, given=an_execution, media=_STREAM),
    Row("GET /step_executions/id/{id}", PROJECT, 200, STEP_EXECUTION, given=a_step),
    Row("GET /step_executions/id/{id}/output", PROJECT, 200, given=a_step, query="?offset=-12&limit=6", media=_BYTES),
    Row("GET /step_executions/id/{id}/log_file", PROJECT, 200, given=a_step, media="text/plain"),
    Row("GET /live", PROJECT, 200, media=_STREAM),
    # Jobs
    Row("PUT /jobs/id/{id}/favourite", PROJECT, 204, given=a_job),
    Row("DELETE /jobs/id/{id}/favourite", PROJECT, 204, given=a_favourite_job),
    Row("GET /jobs", PROJECT, 200, page_of(JOB), given=a_favourite_job, query="?favourite=true"),
    Row("GET /jobs/id/{id}/revisions", PROJECT, 200, page_of(REVISION), given=a_changed_job),
    Row("GET /jobs/id/{id}/revisions/{number}", PROJECT, 200, REVISION, given=a_changed_job),
    Row("GET /jobs/id/{id}/revisions/{number}/diff", PROJECT, 200, DIFFERENCES, given=a_changed_job, query="?from=2"),
    Row("GET /jobs/id/{id}/revisions/{number}/diff", PROJECT, 200, DIFFERENCES, given=a_changed_job),
    Row("POST /jobs/id/{id}/revisions/{number}/roll_back", PROJECT, 200, JOB, given=a_changed_job),
    Row("GET /jobs/id/{id}/forecast", PROJECT, 200, list_of(TICK), given=a_job, query="?count=3"),
    Row("GET /forecast", PROJECT, 200, list_of(TICK), given=a_job),
    Row("GET /jobs/id/{id}/statistics", PROJECT, 200, STATISTICS, given=a_job_that_ran),
    Row("GET /jobs/id/{id}/statistics", PROJECT, 200, STATISTICS, given=a_job),
    Row("GET /job_statistics", PROJECT, 200, list_of(STATISTICS), given=a_job_that_ran, query="?job={id}"),
    Row("GET /jobs/id/{id}/statistics/status_counts", PROJECT, 200, STATUS_COUNTS, given=a_job_that_ran,
        query="?granularity=hour"),
    Row("GET /jobs/id/{id}/statistics/status_counts", PROJECT, 200, STATUS_COUNTS, given=a_job),
    Row("GET /jobs/id/{id}/statistics/running_times", PROJECT, 200, RUNNING_TIMES, given=a_job_that_ran),
    # Subscriptions
    Row("GET /subscriptions", PROJECT, 200, page_of(SUBSCRIPTION), given=a_job, query="?status=inactive&size=5"),
    Row("GET /jobs/id/{id}/subscription", PROJECT, 200, SUBSCRIPTION, given=a_job),
    Row("GET /jobs/id/{id}/subscription", PROJECT, 200, SUBSCRIPTION.and_also(address=TEXT), given=a_webhook),
    Row("POST /jobs/id/{id}/subscription/renew_address", PROJECT, 200, SUBSCRIPTION.and_also(address=TEXT),
        given=a_webhook),
    # Events
    Row("GET /events", PROJECT, 200, page_of(EVENT), given=an_event,
        query="?connector=time&name=tick&processed=false&order=desc"),
    # Notifications
    Row("GET /notifications", PROJECT, 200, page_of(NOTIFICATION), given=a_notification, query="?status=pending"),
    Row("GET /notifications/id/{id}", PROJECT, 200, NOTIFICATION, given=an_abandoned_notification),
    Row("POST /notifications/id/{id}/retry", PROJECT, 200, NOTIFICATION, given=an_abandoned_notification),
    Row("POST /notifications/test", PROJECT, 201, NOTIFICATION, given=people_to_notify),
    # Projects
    Row("GET /projects/id/{id}/settings", ACCOUNT, 200, PROJECT_SETTINGS, given=a_project),
    Row("PUT /projects/id/{id}/settings", ADMIN, 200, PROJECT_SETTINGS, given=a_project, sends=_HEADER),
    Row("GET /projects/id/{id}/notification_settings", ACCOUNT, 200, NOTIFICATION_SETTINGS, given=a_project),
    Row("PUT /projects/id/{id}/notification_settings", ADMIN, 200, NOTIFICATION_SETTINGS, given=a_project,
        sends=_NOTIFICATIONS),
    Row("GET /projects/id/{id}/configuration", ACCOUNT, 200, CONFIGURATION, given=a_project),
    Row("PUT /projects/id/{id}/configuration", ADMIN, 200, CONFIGURATION, given=a_project, sends=_CONFIGURATION),
    # Identities
    Row("GET /identity_types", ACCOUNT, 200, list_of(IDENTITY_TYPE)),
    Row("GET /identity_summaries", PROJECT, 200, page_of(IDENTITY_SUMMARY), given=an_identity),
    Row("POST /identities/id/{id}/refresh", PROJECT, 204, given=a_refreshable_identity),
    Row("POST /oauth2/identities", PROJECT, 201, IDENTITY, sends=_OAUTH2_IDENTITY),
    Row("PUT /oauth2/identities/id/{id}", PROJECT, 200, IDENTITY, given=an_identity, sends=_OAUTH2_IDENTITY),
    Row("POST /oauth2/identities/id/{id}/authorization", PROJECT, 200, AUTHORIZATION, given=a_pending_identity),
    Row("POST /oauth2/authorization", ACCOUNT, 200, IDENTITY_SUMMARY, given=an_authorization, sends=_completion),
    # The caller's account, keys and sessions
    Row("PUT /account/settings", ACCOUNT, 200, ACCOUNT_OBJECT, sends={"date_format": "relative", "page_size": 20}),
    Row("PUT /account/password", ACCOUNT, 204, given=an_account_that_asks,
        sends={"current_password": PASSWORD, "password": "another horse"}),
    Row("GET /account/api_keys", ACCOUNT, 200, page_of(API_KEY), given=an_api_key),
    Row("POST /account/api_keys", ACCOUNT, 201, CREATED_API_KEY, sends=_KEY),
    Row("GET /account/api_keys/id/{id}", ACCOUNT, 200, API_KEY, given=an_api_key),
    Row("DELETE /account/api_keys/id/{id}", ACCOUNT, 204, given=an_api_key),
    Row("POST /sessions", PUBLIC, 201, CREATED_SESSION, sends=CREDENTIALS),
    Row("GET /session", ACCOUNT, 200, CURRENT_SESSION, given=a_session_that_asks),
    Row("PUT /session", ACCOUNT, 200, WEB_SESSION, given=a_session_that_asks, sends=_selection),
    Row("GET /account/sessions", ACCOUNT, 200, page_of(WEB_SESSION), given=a_session_that_asks),
    Row("DELETE /account/sessions/id/{id}", ACCOUNT, 204, given=a_session),
    Row("POST /logout", ACCOUNT, 204, given=a_session_that_asks),
    Row("POST /logout", ACCOUNT, 204, given=an_account_that_asks),
    # Administration
    Row("GET /accounts", ADMIN, 200, page_of(ACCOUNT_OBJECT)),
    Row("POST /accounts", ADMIN, 201, ACCOUNT_OBJECT, sends=_ACCOUNT),
    Row("GET /accounts/id/{id}", ADMIN, 200, ACCOUNT_OBJECT, given=an_account),
    Row("PUT /accounts/id/{id}", ADMIN, 200, ACCOUNT_OBJECT, given=an_account, sends=_ACCOUNT_UPDATE),
    Row("PUT /accounts/id/{id}/password", ADMIN, 204, given=an_account, sends=_NEW_PASSWORD),
    Row("DELETE /accounts/id/{id}", ADMIN, 204, given=an_account),
    Row("GET /audit_log", ADMIN, 200, page_of(AUDIT_ENTRY), query="?action=create&object_type=project"),
    # The server
    Row("GET /version", ACCOUNT, 200, VERSION),
    Row("GET /health", PUBLIC, 200, HEALTH),
    Row("GET /status", PUBLIC, 204),
    Row("GET /openapi.json", PUBLIC, 200, OPENAPI),
    Row("GET /docs", PUBLIC, 200, media="text/html"),
    Row("GET /docs/docs.js", PUBLIC, 200, media="text/javascript"),
    Row("GET /docs/docs.css", PUBLIC, 200, media="text/css"),
)  # fmt: skip

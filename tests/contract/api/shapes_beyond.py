"""The objects that the original does not have."""

from .shapes import (
    ACCOUNT,
    BOOLEAN,
    DATE,
    ID,
    INTEGER,
    NAME,
    NUMBER,
    OBJECT,
    PROJECT,
    SPECIFICATION,
    STATUS,
    TEXT,
    TRUE,
    Shape,
    anything,
    array_of,
    array_of_arrays,
    one_of,
)

STEP_EXECUTION = Shape(
    {
        "id": ID,
        "project_id": ID,
        "job_execution_id": ID,
        "position": INTEGER,
        "label": TEXT,
        "status": STATUS,
        "output_size": INTEGER,
    },
    {"start_time": DATE, "end_time": DATE, "failure_message": TEXT},
)
REVISION = Shape(
    {"id": ID, "job_id": ID, "number": INTEGER, "creation_time": DATE, "spec": SPECIFICATION},
    {"account_id": ID, "username": TEXT, "current": TRUE},
)
DIFFERENCE = Shape(
    {"pointer": TEXT, "kind": one_of("added", "removed", "changed")}, {"before": anything, "after": anything}
)
DIFFERENCES = Shape(
    {"job_id": ID, "from_number": INTEGER, "to_number": INTEGER, "differences": array_of(DIFFERENCE), "text": TEXT}
)
SUBSCRIPTION = Shape(
    {
        "id": ID,
        "project_id": ID,
        "connector": TEXT,
        "event": TEXT,
        "parameters": OBJECT,
        "creation_time": DATE,
        "status": one_of("inactive", "active", "terminating"),
    },
    {
        "job_id": ID,
        "job_name": NAME,
        "identity": NAME,
        "last_update_time": DATE,
        "next_update_time": DATE,
        "error_message": TEXT,
        "address": TEXT,
    },
)
WEEK = Shape(
    {"count": INTEGER, "successful": INTEGER, "failed": INTEGER, "aborted": INTEGER},
    {"success_ratio": NUMBER, "median_duration": NUMBER},
)
LAST_EXECUTION = Shape({"id": ID, "status": STATUS, "scheduled_time": DATE}, {"start_time": DATE, "end_time": DATE})
STATISTICS = Shape({"job_id": ID, "last_7_days": WEEK}, {"last_execution": LAST_EXECUTION})
STATUS_COUNTS = array_of_arrays([INTEGER] * 5)
RUNNING_TIMES = array_of_arrays([NUMBER] * 4)
TICK = Shape({"job_id": ID, "job_name": NAME, "time": DATE})
PROJECT_SETTINGS = Shape({"id": ID, "code_header": TEXT})
NOTIFICATION_SETTINGS = Shape(
    {
        "id": ID,
        **dict.fromkeys(
            (
                "on_successful_job",
                "on_first_successful_job",
                "on_failed_job",
                "on_aborted_job",
                "on_identity_refresh_error",
                "on_missed_run",
            ),
            BOOLEAN,
        ),
        "email_addresses": array_of(TEXT),
    },
    {
        "webhook_uri": TEXT,
        "webhook_secret_set": TRUE,
        "slack_identity": NAME,
        "slack_channel": TEXT,
        "slack_webhook_uri_set": TRUE,
    },
)
DELIVERY = Shape(
    {"channel": TEXT, "status": one_of("pending", "delivered", "abandoned"), "attempts": INTEGER},
    {"next_delivery_time": DATE, "delivery_time": DATE, "error_message": TEXT},
)
NOTIFICATION = Shape(
    {
        "id": ID,
        "project_id": ID,
        "kind": TEXT,
        "status": one_of("pending", "delivered", "abandoned"),
        "creation_time": DATE,
        "details": OBJECT,
        "deliveries": array_of(DELIVERY),
    },
    {"message_id": ID, "job_id": ID, "job_execution_id": ID, "identity_id": ID, "error_message": TEXT},
)
CONFIGURATION = Shape(
    {
        "project": PROJECT,
        "project_settings": PROJECT_SETTINGS,
        "project_notification_settings": NOTIFICATION_SETTINGS,
    }
)
IDENTITY_FIELD = Shape(
    {"name": TEXT, "type": TEXT, "secret": BOOLEAN, "verbatim": BOOLEAN, "internal": BOOLEAN, "optional": BOOLEAN},
    {"values": array_of(TEXT), "preselected": array_of(TEXT), "variable": TEXT},
)
IDENTITY_TYPE = Shape(
    {
        "connector": TEXT,
        "type": TEXT,
        "deferred": BOOLEAN,
        "refreshable": BOOLEAN,
        "fields": array_of(IDENTITY_FIELD),
    }
)
WEB_SESSION = Shape(
    {"id": ID, "account_id": ID, "creation_time": DATE, "last_use_time": DATE},
    {"project_id": ID, "address": TEXT, "user_agent": TEXT, "current": TRUE},
)
CURRENT_SESSION = Shape({"session": WEB_SESSION, "account": ACCOUNT})
CREATED_SESSION = CURRENT_SESSION.and_also(key=TEXT)
AUDIT_ENTRY = Shape(
    {"id": ID, "time": DATE, "username": TEXT, "action": TEXT, "object_type": TEXT, "details": OBJECT},
    {"account_id": ID, "project_id": ID, "object_id": ID, "object_name": TEXT, "address": TEXT},
)
AUTHORIZATION = Shape({"authorization_uri": TEXT, "expiration_time": DATE})
HEALTH = Shape({"status": one_of("ready")})
VERSION = Shape({"version": TEXT})
OPENAPI = Shape({"openapi": TEXT, "info": OBJECT, "paths": OBJECT, "components": OBJECT}, {"tags": anything})

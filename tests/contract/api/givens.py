"""What is there before a request is sent: each makes something and returns the variables of the path that names it."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from .stage import PASSWORD, Stage, name

Variables = dict[str, str]
Given = Callable[[Stage], Variables]

NOWHERE = "0" * 27
GITHUB_CLIENT = {"client_id": "x", "client_secret": "x", "scopes": ["repo"]}


def nothing(_: Stage) -> Variables:
    return {}


def unknown(_: Stage) -> Variables:
    """An identifier and a name that nothing has."""
    return {"id": NOWHERE, "name": "nothing-has-this-name", "number": "1"}


def malformed(_: Stage) -> Variables:
    return {"id": "not-an-identifier", "name": "%00", "number": "first"}


def a_project(stage: Stage) -> Variables:
    project = stage.done("POST", "/projects", {"name": name("project")})
    return {"id": project["id"], "name": project["name"]}


def a_webhook(stage: Stage) -> Variables:
    """A job that waits for requests."""
    return {"id": stage.job(trigger={"event": "webhook/request", "parameters": {"headers": ["X-Topic"]}})}


def a_job(stage: Stage) -> Variables:
    """A job of many members: a timer, parameters with defaults, an environment."""
    job_name = name("job")
    id = stage.job(
        job_name,
        description="Says hello",
        trigger={"event": "time/tick", "parameters": {"hourly": {"minute": 30}}, "filters": [{"is_equal_to": 1}]},
        parameters=[{"name": "size", "type": "integer", "default": 1, "environment": "SIZE"}],
        environment={"LANG": "C"},
        retention=3,
        steps=[{"code": "true"}, {"command": {"name": "ls", "arguments": ["-l"]}, "on_failure": "continue"}],
    )
    return {"id": id, "name": job_name, "number": "1"}


def a_disabled_job(stage: Stage) -> Variables:
    variables = a_job(stage)
    stage.done("POST", f"/jobs/id/{variables['id']}/disable")
    return variables


def a_favourite_job(stage: Stage) -> Variables:
    variables = a_job(stage)
    stage.done("PUT", f"/jobs/id/{variables['id']}/favourite")
    return variables


def a_job_with_a_mandatory_parameter(stage: Stage) -> Variables:
    return {"id": stage.job(parameters=[{"name": "who", "type": "string"}])}


def a_changed_job(stage: Stage) -> Variables:
    """A job of two revisions; the path names the first one."""
    job_name = name("job")
    stage.job(job_name, description="First")
    return {"id": stage.job(job_name, description="Second"), "name": job_name, "number": "1"}


def a_job_that_ran(stage: Stage) -> Variables:
    id = stage.job()
    for status, message in (("successful", None), ("failed", "step 1: program exited with status 1")):
        stage.rows.finish(stage.rows.executions(id, 1)[0], status=status, message=message)
    return {"id": id}


def an_execution(stage: Stage) -> Variables:
    job_id = a_job(stage)["id"]
    return {"id": stage.done("POST", f"/jobs/id/{job_id}/execute", {"parameters": {"size": 2}})["id"]}


def a_running_execution(stage: Stage) -> Variables:
    id = stage.rows.executions(stage.job(), 1)[0]
    stage.rows.start(id)
    return {"id": id}


def a_finished_execution(stage: Stage) -> Variables:
    id = stage.rows.executions(stage.job(), 1)[0]
    stage.rows.finish(id)
    return {"id": id}


def a_failed_execution(stage: Stage) -> Variables:
    id = stage.rows.executions(stage.job(), 1)[0]
    stage.rows.finish(id, status="failed", message="step 1: program exited with status 1")
    return {"id": id}


def a_step(stage: Stage) -> Variables:
    id = stage.rows.executions(stage.job(), 1)[0]
    return {"id": stage.rows.finish(id)[0]}


def an_event(stage: Stage) -> Variables:
    job_id = a_job(stage)["id"]
    return {"id": stage.rows.event(stage.project, job_id)}


def an_identity(stage: Stage) -> Variables:
    identity_name = name("identity")
    return {"id": stage.identity(identity_name), "name": identity_name}


def an_identity_in_use(stage: Stage) -> Variables:
    variables = an_identity(stage)
    stage.job(identities=[variables["name"]])
    return variables


def a_pending_identity(stage: Stage) -> Variables:
    """An OAuth2 identity that waits for a browser; its provider is not asked before there is a code."""
    identity_name = name("identity")
    body = {"name": identity_name, "connector": "github", "type": "oauth2", "data": GITHUB_CLIENT}
    return {"id": stage.done("POST", "/oauth2/identities", body)["id"], "name": identity_name}


def a_refreshable_identity(stage: Stage) -> Variables:
    """An OAuth2 identity as if a browser had completed it."""
    variables = a_pending_identity(stage)
    tokens = {"access_token": "x", "refresh_token": "x", "ttl": 3600}
    stage.rows.save_identity_data(variables["id"], {**GITHUB_CLIENT, **tokens})
    return variables


def an_authorization(stage: Stage) -> Variables:
    """An authorization that was started; its state is in the address for the browser."""
    id = a_pending_identity(stage)["id"]
    address = stage.done("POST", f"/oauth2/identities/id/{id}/authorization")["authorization_uri"]
    return {"state": parse_qs(urlsplit(address).query)["state"][0]}


def people_to_notify(stage: Stage) -> Variables:
    stage.done("PUT", f"/projects/id/{stage.project}/notification_settings", {"email_addresses": ["team@example.com"]})
    return {}


def a_notification(stage: Stage) -> Variables:
    people_to_notify(stage)
    return {"id": stage.done("POST", "/notifications/test")["id"]}


def an_abandoned_notification(stage: Stage) -> Variables:
    variables = a_notification(stage)
    stage.rows.execute("UPDATE notifications SET status = 'abandoned' WHERE id = $1", variables["id"])
    return variables


def an_account(stage: Stage) -> Variables:
    return {"id": stage.account()}


def an_account_to_log_in(stage: Stage) -> Variables:
    """An account that has not logged in during this second: its API keys are named by it."""
    body = {"username": name("account"), "password": PASSWORD, "role": "user"}
    stage.done("POST", "/accounts", body)
    return {"username": body["username"]}


def an_account_that_asks(stage: Stage) -> Variables:
    """An account whose key the request carries, so that no other test needs what the request ends."""
    body = {"username": name("account"), "password": PASSWORD, "role": "user"}
    stage.done("POST", "/accounts", body)
    login = {"username": body["username"], "password": PASSWORD}
    stage.key = stage.done("POST", "/login", login, key=None, project=None)["key"]
    return {}


def an_api_key(stage: Stage) -> Variables:
    created = stage.done("POST", "/account/api_keys", {"name": name("key"), "read_only": True})
    return {"id": created["api_key"]["id"]}


def a_session(stage: Stage) -> Variables:
    return {"id": stage.session()["session"]["id"]}


def a_session_that_asks(stage: Stage) -> Variables:
    """A web session that the request comes with."""
    session = stage.session()
    stage.key = session["key"]
    return {"id": session["session"]["id"]}

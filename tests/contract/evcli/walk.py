"""A walk through every command of evcli: the lines that `test_walk.py` runs, in this order.

A new command needs a line here. Names in braces are those that `prepare` puts into the scene.
"""

from dataclasses import dataclass

from tests.contract.evcli.scene import Scene, a_job, an_event, an_execution, an_identity, finished


@dataclass(frozen=True)
class Line:
    """A command line with its standard input and its exit status."""

    words: str
    stdin: str = ""
    status: int = 0


# Reading commands, which change nothing: they are run in each output format.
READING = (
    "describe-account",
    "describe-api",
    "describe-event {event}",
    "describe-identity token",
    "describe-identity id:{token}",
    "describe-job hello",
    "describe-job id:{hello}",
    "describe-job-execution {execution}",
    "describe-job-revision hello 1",
    "describe-job-statistics hello",
    "describe-notification {notification}",
    "describe-notification-settings",
    "describe-project {project}",
    "describe-project id:{project_id}",
    "describe-project-configuration",
    "describe-project-settings",
    "describe-server",
    "describe-step-execution {step}",
    "describe-subscription hourly",
    "diff-job hello",
    "get-config api.endpoint",
    "list-accounts",
    "list-api-keys",
    "list-audit-log",
    "list-events --job hello",
    "list-forecast",
    "list-forecast hello",
    "list-identities",
    "list-identity-types",
    "list-job-executions",
    "list-job-executions hello --status aborted",
    "list-job-revisions hello",
    "list-job-running-times hello",
    "list-job-statistics",
    "list-job-status-counts hello --granularity hour",
    "list-jobs",
    "list-names accounts",
    "list-names api-keys",
    "list-names identities",
    "list-names jobs",
    "list-names projects",
    "list-notifications",
    "list-projects",
    "list-sessions",
    "list-subscriptions",
    "show-config",
    "version",
)
# All the others, apart from those that go on until they are interrupted.
WRITING = (
    Line("check-server"),
    Line("completion bash"),
    Line("help list-jobs"),
    Line("set-config interface.color true"),
    Line("add-favourite-job hello"),
    Line("remove-favourite-job id:{hello}"),
    Line("disable-job hello"),
    Line("enable-job hello"),
    Line("rename-job hello hello -d Hello."),
    Line("execute-job hello"),
    Line("abort-job-execution {running}"),
    Line("restart-job-execution {running}"),
    Line("abort-job-execution {running}"),
    Line("logs {execution}"),
    Line("logs --follow {execution}"),
    Line("export-logs {execution}"),
    Line("replay-event {event}"),
    Line("export-job hello"),
    Line("deploy-job hello.yaml"),
    Line("deploy-jobs hello.yaml"),
    Line("roll-back-job id:{hello} 1"),
    Line("renew-webhook-address hourly", status=1),
    Line("create-identity other generic api_key key=x"),
    Line("update-identity other generic api_key key=y"),
    Line("refresh-identity other", status=1),
    Line("update-oauth2-identity other generic oauth2 issuer={uri} client_id=a client_secret=b 'scopes:=[\"x\"]'"),
    Line("create-oauth2-identity third generic oauth2 issuer={uri} client_id=a client_secret=b 'scopes:=[\"x\"]'"),
    Line("authorize-identity third"),
    Line("complete-authorization '{uri}/ext/connectors/generic/oauth2?state=x&code=y'", status=1),
    Line("delete-identity other"),
    Line("create-api-key {project}"),
    Line("delete-api-key {project}"),
    Line("delete-api-key id:{key}"),
    Line("create-account {project} --role user", stdin="pass word\n"),
    Line("update-account {project} --role admin"),
    Line("update-account id:{admin} --role admin"),
    Line("set-account-password {project}", stdin="word pass\n"),
    Line("login --force -u {project}", stdin="word pass\n"),
    Line("change-password", stdin="word pass\npass word\n"),
    Line("login --force -u {project}", stdin="pass word\n"),
    Line("logout"),
    Line("login", stdin="admin\n"),
    Line("delete-session {session}"),
    Line("update", status=1),
    Line("delete-account {project}"),
    Line("update-account-settings --page-size 50"),
    Line("update-notification-settings --on-failed-job true"),
    Line("update-project-settings --code-header header"),
    Line("configure-project configuration.yaml"),
    Line("retry-notification {notification}", status=1),
    Line("send-test-notification", status=1),
    Line("create-project {project}-x"),
    Line("rename-project {project}-x {project}-y"),
    Line("-y delete-project {project}-y"),
    Line("delete-job hello"),
)
# Commands that go on until they are interrupted, and how the first line that they print begins.
ENDLESS = (("watch-job-executions", "ID  "),)


def prepare(scene: Scene) -> None:
    """Put what the lines name into the scene, which has an executor."""
    for given in (a_job(), an_execution(), an_event(), an_identity()):
        given(scene)
    id = scene.names["execution"]
    finished(scene, id)
    scene.names["step"] = scene.client.call("GET", f"/job_executions/id/{id}/steps")["elements"][0]["id"]
    scene.client.deploy("hourly", "true", trigger={"event": "time/tick", "parameters": {"hourly": {}}})
    long = scene.client.deploy("long", "sleep 300")
    scene.names["running"] = scene.client.call("POST", f"/jobs/id/{long}/execute", {"parameters": {}})["id"]
    session = scene.client.call("POST", "/sessions", {"username": "admin", "password": "admin"})
    scene.names["session"] = session["session"]["id"]
    scene.names["admin"] = scene.client.call("GET", "/account")["id"]
    key = scene.client.call("POST", "/account/api_keys", {"name": f"{scene.project}-key"})
    scene.names["key"] = key["api_key"]["id"]
    settings = f"/projects/id/{scene.names['project_id']}/notification_settings"
    scene.client.call("PUT", settings, {"email_addresses": ["bob@example.com"]})
    scene.names["notification"] = scene.client.call("POST", "/notifications/test", {})["id"]
    scene.write("header", "#!/bin/sh\n")
    members = "project_settings: {code_header: '#!/bin/sh'}\nproject_notification_settings: {email_addresses: []}\n"
    scene.write("configuration.yaml", f"project: {{name: {scene.project}}}\n{members}")

"""Commands about accounts, API keys, sessions, settings, the audit log and the server."""

import json

import pytest

from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

BOB = {"id": "a1", "username": "bob", "role": "user", "last_login_time": "2024-05-01T10:20:30Z", "settings": {}}
EVE = {"id": "a2", "username": "eve", "role": "admin", "settings": {}}
KEY = {"id": "k1", "name": "ci", "read_only": True, "creation_time": "2024-05-01T10:20:30Z"}
PROJECT = "/projects/id/23BUGaDgMUxucZnXMzyUEGRcujl"


@pytest.fixture
def accounts(server: ScriptedServer) -> ScriptedServer:
    """A server with two accounts."""
    server.on("GET", "/accounts", {"elements": [BOB, EVE]})
    return server


def test_accounts_are_listed(evcli: Evcli, accounts: ScriptedServer) -> None:
    result = evcli.run("list-accounts")

    assert result.stderr == "ID  USERNAME  ROLE   LAST LOGIN          \n"
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["a1", "bob", "user", "2024-05-01T10:20:30Z"],
        ["a2", "eve", "admin"],
    ]
    assert "x-eventline-project-id" not in accounts.requests[0].headers


def test_an_account_is_created_with_a_password_from_a_pipe(evcli: Evcli, accounts: ScriptedServer) -> None:
    accounts.on("POST", "/accounts", BOB)

    result = evcli.run("create-account", "bob", "--role", "admin", stdin="pass word\n")

    assert (result.status, result.stderr) == (0, "account a1 created\n")
    assert accounts.requests[-1].json == {"username": "bob", "role": "admin", "password": "pass word"}


def test_what_is_not_given_about_an_account_stays(evcli: Evcli, accounts: ScriptedServer) -> None:
    accounts.on("PUT", "/accounts/id/a1", BOB)

    updated = evcli.run("update-account", "bob", "--role", "admin")
    nothing = evcli.run("update-account", "bob")

    assert (updated.status, accounts.requests[-1].json) == (0, {"username": "bob", "role": "admin"})
    assert nothing.errors == ['nothing to change: give "--username" or "--role"']


def test_passwords_are_set_and_accounts_deleted_by_user_name(evcli: Evcli, accounts: ScriptedServer) -> None:
    accounts.on("PUT", "/accounts/id/a2/password", None)
    accounts.on("DELETE", "/accounts/id/a1", None)

    evcli.run("set-account-password", "eve", stdin="new password")
    deleted = evcli.run("delete-account", "bob")
    unknown = evcli.run("delete-account", "mallory")

    assert accounts.received("PUT", "/accounts/id/a2/password")[0].json == {"password": "new password"}
    assert (deleted.status, deleted.stderr) == (0, "account a1 deleted\n")
    assert (unknown.status, unknown.errors) == (1, ['unknown account "mallory"'])


def test_the_own_account_is_described_and_changed(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/account", {**BOB, "settings": {"page_size": 50}})
    server.on("PUT", "/account/settings", BOB)
    server.on("PUT", "/account/password", None)

    described = evcli.run("describe-account")
    evcli.run("update-account-settings", "--date-format", "relative")
    settings = server.requests[-1].json
    evcli.run("change-password", stdin="old\nnew password\n")

    assert "Username: bob\n" in described.stdout
    assert "Settings:\n  page_size: 50\n" in described.stdout
    assert settings == {"page_size": 50, "date_format": "relative"}
    assert server.requests[-1].json == {"current_password": "old", "password": "new password"}


def test_a_new_api_key_is_data(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("POST", "/account/api_keys", {"api_key": KEY, "key": "secret"})

    result = evcli.run("create-api-key", "ci", "--read-only", "-e", "2030-01-01T00:00:00Z")

    assert (result.status, result.stdout) == (0, "secret\n")
    assert server.requests[-1].json == {
        "name": "ci", "read_only": True, "expiration_time": "2030-01-01T00:00:00Z"
    }  # fmt: skip


def test_api_keys_are_listed_and_deleted_by_name(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/account/api_keys", {"elements": [KEY]})
    server.on("DELETE", "/account/api_keys/id/k1", None)

    listed = evcli.run("list-api-keys")
    deleted = evcli.run("delete-api-key", "ci")

    assert listed.stdout.split() == ["k1", "ci", "read-only"]
    assert deleted.stderr == "API key k1 deleted\n"


def test_sessions_are_listed_and_ended(evcli: Evcli, server: ScriptedServer) -> None:
    session = {"id": "w1", "creation_time": "2024-05-01T10:20:30Z", "address": "::1", "user_agent": "Firefox 1"}
    server.on("GET", "/account/sessions", {"elements": [session]})
    server.on("DELETE", "/account/sessions/id/w1", None)

    assert evcli.run("list-sessions").stdout.split() == ["w1", "2024-05-01T10:20:30Z", "::1", "Firefox", "1"]
    assert evcli.run("delete-session", "w1").stderr == "session w1 deleted\n"


def test_the_audit_log_is_listed_and_filtered(evcli: Evcli, server: ScriptedServer) -> None:
    entry = {
        "id": "l1", "time": "2024-05-01T10:20:30Z", "username": "bob", "action": "deploy", "object_type": "job",
        "object_name": "build", "details": {},
    }  # fmt: skip
    server.on("GET", "/audit_log", {"elements": [entry]})

    result = evcli.run("list-audit-log", "--object-type", "job")

    assert result.stdout.split() == ["2024-05-01T10:20:30Z", "bob", "deploy", "job", "build"]
    assert server.requests[-1].query == {"object_type": "job", "size": "20"}


def test_the_code_header_of_the_project_is_shown_and_replaced(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", f"{PROJECT}/settings", {"id": "p", "code_header": "#!/bin/sh\n\nset -eu\n\n"})
    server.on("PUT", f"{PROJECT}/settings", {})
    (evcli.directory / "header").write_text("#!/bin/bash\n")

    shown = evcli.run("describe-project-settings")
    evcli.run("update-project-settings", "--code-header", "header")

    assert "Code header:\n  #!/bin/sh\n  \n  set -eu\n" in shown.stdout
    assert server.requests[-1].json == {"id": "p", "code_header": "#!/bin/bash\n"}


def test_notification_settings_that_are_not_given_stay(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", f"{PROJECT}/notification_settings", {"on_failed_job": True, "email_addresses": ["a@b.c"]})
    server.on("PUT", f"{PROJECT}/notification_settings", {})

    changed = evcli.run("update-notification-settings", "--on-aborted-job=true", "--email-addresses", "x@y.z, a@b.c")
    nothing = evcli.run("update-notification-settings")

    assert changed.stderr == "notification settings updated\n"
    assert server.received("PUT", f"{PROJECT}/notification_settings")[0].json == {
        "on_failed_job": True, "on_aborted_job": True, "email_addresses": ["x@y.z", "a@b.c"]
    }  # fmt: skip
    assert nothing.status == 1


def test_a_project_is_renamed(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("PUT", PROJECT, {})

    assert evcli.run("rename-project", "main", "other").status == 0
    assert server.requests[-1].json == {"name": "other"}


def test_the_server_tells_its_version_and_an_old_one_does_not(evcli: Evcli, server: ScriptedServer) -> None:
    old = evcli.run("describe-server")
    server.on("GET", "/version", {"version": "2.0.0"})
    new = evcli.run("describe-server", "--output", "json")

    assert 'too old for the command "describe-server"' in old.errors[0]
    assert json.loads(new.stdout) == {"version": "2.0.0"}


def test_the_statistics_of_a_job_are_described(evcli: Evcli, server: ScriptedServer) -> None:
    week = {"count": 3, "successful": 2, "failed": 1, "aborted": 0}
    server.on("GET", "/jobs/name/build", {"id": "j1", "spec": {}})
    server.on("GET", "/jobs/id/j1/statistics", {"job_id": "j1", "last_7_days": week})

    assert "Last 7 days:\n  count: 3\n  successful: 2\n" in evcli.run("describe-job-statistics", "build").stdout

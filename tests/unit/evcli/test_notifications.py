"""Commands about notifications and the channels of a project."""

from pathlib import Path

from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

PROJECT = "/projects/id/23BUGaDgMUxucZnXMzyUEGRcujl"
TIME = "2024-05-01T10:20:30Z"
MAIL = {"channel": "mail", "status": "abandoned", "attempts": 2, "error_message": "no such\x1b host"}
SLACK = {"channel": "slack", "status": "delivered", "attempts": 1, "delivery_time": TIME}
GIVEN_UP = {
    "id": "n1", "kind": "job_failed", "status": "abandoned", "creation_time": TIME, "deliveries": [MAIL, SLACK],
}  # fmt: skip
UNPLANNED = {"id": "n2", "kind": "test", "status": "pending", "creation_time": TIME, "deliveries": []}


def test_notifications_are_listed_with_what_went_wrong(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/notifications", {"elements": [GIVEN_UP]})

    result = evcli.run("list-notifications", "--status", "abandoned", "--kind", "job_failed")

    assert result.stdout.split() == [
        "n1", TIME, "job_failed", "abandoned", "mail,slack", "mail:", "no", "such\\x1b", "host",
    ]  # fmt: skip
    query = server.received("GET", "/notifications")[0].query
    assert (query["status"], query["kind"]) == ("abandoned", "job_failed")


def test_a_notification_is_described_with_each_delivery(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/notifications/id/n1", GIVEN_UP)

    result = evcli.run("describe-notification", "n1")

    assert result.stdout.splitlines()[-5:] == [
        "Deliveries:",
        "  mail: abandoned, 2 attempts",
        "    error: no such\\x1b host",
        "  slack: delivered, 1 attempt",
        f"    delivered: {TIME}",
    ]


def test_what_was_given_up_is_tried_again(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("POST", "/notifications/id/n1/retry", GIVEN_UP)

    result = evcli.run("retry-notification", "n1")

    assert (result.status, result.stderr) == (0, "notification n1 will be delivered again\n")


def test_a_test_notification_is_waited_for(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("POST", "/notifications/test", UNPLANNED)
    waiting = {**UNPLANNED, "deliveries": [{"channel": "slack", "status": "pending", "attempts": 0}]}
    server.on("GET", "/notifications/id/n2", waiting, {**UNPLANNED, "status": "delivered", "deliveries": [SLACK]})

    result = evcli.run("send-test-notification")

    assert (result.status, result.stderr) == (0, "slack: delivered\n")


def test_a_test_notification_that_does_not_arrive_fails_with_the_reason(evcli: Evcli, server: ScriptedServer) -> None:
    waiting = {**MAIL, "status": "pending", "error_message": "connection refused"}
    server.on("POST", "/notifications/test", {**UNPLANNED, "deliveries": [waiting, SLACK]})

    result = evcli.run("send-test-notification")

    assert (result.status, result.errors) == (1, ["mail: connection refused"])
    assert "slack: delivered\n" in result.stderr


def test_channels_are_set_up_with_secrets_from_files(evcli: Evcli, server: ScriptedServer, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("0123456789abcdef\n")
    server.on("GET", f"{PROJECT}/notification_settings", {"on_failed_job": True})
    server.on("PUT", f"{PROJECT}/notification_settings", {})

    evcli.run(
        "update-notification-settings", "--webhook-uri", "https://example.com", "--slack-identity", "",
        "--webhook-secret-file", str(tmp_path / "secret"),
    )  # fmt: skip

    assert server.requests[-1].json == {
        "on_failed_job": True,
        "webhook_uri": "https://example.com",
        "slack_identity": "",
        "webhook_secret": "0123456789abcdef",
    }

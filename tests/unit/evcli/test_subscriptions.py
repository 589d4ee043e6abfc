"""Commands about subscriptions."""

from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

SUBSCRIPTION = {
    "id": "s1",
    "job_id": "j1",
    "job_name": "build",
    "connector": "github",
    "event": "push",
    "parameters": {"organization": "octo"},
    "identity": "robot",
    "creation_time": "2024-05-01T10:20:30Z",
    "status": "inactive",
    "next_update_time": "2024-05-01T10:20:35Z",
    "error_message": "github answered 404",
}


def test_subscriptions_are_listed_with_their_errors(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/subscriptions", {"elements": [SUBSCRIPTION]})

    result = evcli.run("list-subscriptions", "--status", "inactive")

    assert result.stdout == "build  github/push  inactive  github answered 404\n"
    assert server.requests[-1].query["status"] == "inactive"


def test_a_subscription_is_described_by_the_name_of_its_job(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/jobs/name/build", {"id": "j1", "spec": {}})
    server.on("GET", "/jobs/id/j1/subscription", SUBSCRIPTION)

    lines = evcli.run("describe-subscription", "build").stdout.splitlines()

    assert "Event: github/push" in lines
    assert "Error: github answered 404" in lines
    assert "Next update time: 2024-05-01T10:20:35Z" in lines
    assert lines[-3:] == ["  {", '    "organization": "octo"', "  }"]


def test_the_address_of_a_webhook_is_shown(evcli: Evcli, server: ScriptedServer) -> None:
    address = "https://eventline.example.com/ext/connectors/webhook/requests/abc"
    server.on("GET", "/jobs/name/build", {"id": "j1", "spec": {}})
    server.on("GET", "/jobs/id/j1/subscription", {**SUBSCRIPTION, "address": address})

    assert f"Address: {address}\n" in evcli.run("describe-subscription", "build").stdout


def test_a_renewed_address_is_printed(evcli: Evcli, server: ScriptedServer) -> None:
    address = "https://eventline.example.com/ext/connectors/webhook/requests/new"
    server.on("GET", "/jobs/name/build", {"id": "j1", "spec": {}})
    server.on("POST", "/jobs/id/j1/subscription/renew_address", {**SUBSCRIPTION, "address": address})

    result = evcli.run("renew-webhook-address", "build")

    assert (result.status, result.stdout, result.stderr) == (0, f"{address}\n", "address of job j1 renewed\n")

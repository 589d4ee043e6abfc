"""`login` and `logout` (contract evcli, section 8; http-api, section 10.1)."""

import fcntl
import json
import os
import termios

import pytest

from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

ANSWER = {"api_key": {"id": "k1", "name": "evcli-20240501T102030Z"}, "key": "new-key"}


@pytest.fixture
def without_key(evcli: Evcli, server: ScriptedServer) -> Evcli:
    """evcli before the first login."""
    evcli.configure({"api": {"endpoint": server.uri}, "misc": {"disable_update_check": True}})
    server.on("POST", "/login", ANSWER)
    return evcli


def test_the_password_is_read_from_a_pipe_and_the_key_is_stored(without_key: Evcli, server: ScriptedServer) -> None:
    result = without_key.run("login", stdin="pass word\nrest")

    assert result.status == 0
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"logging in to {server.uri}",
        "login successful: API key evcli-20240501T102030Z created",
        "configuration updated",
    ]
    assert server.requests[0].json == {"username": "admin", "password": "pass word"}
    assert json.loads(without_key.configuration_path.read_text())["api"] == {"endpoint": server.uri, "key": "new-key"}


def test_endpoint_and_user_name_can_be_options(without_key: Evcli, server: ScriptedServer) -> None:
    without_key.run("set-config", "api.endpoint", "http://127.0.0.1:1")

    assert without_key.run("login", "-e", server.uri, "-u", "bob", stdin="x\n").status == 0

    assert server.requests[0].json == {"username": "bob", "password": "x"}
    assert without_key.run("get-config", "api.endpoint").stdout == f"{server.uri}\n"


def test_no_stale_key_is_sent(without_key: Evcli, server: ScriptedServer) -> None:
    without_key.run("login", stdin="x\n", env={"EVENTLINE_API_KEY": "stale"})

    assert "authorization" not in server.requests[0].headers


def test_a_key_is_only_replaced_by_force(without_key: Evcli, server: ScriptedServer) -> None:
    without_key.run("set-config", "api.key", "old")

    refused = without_key.run("login", stdin="x\n")
    forced = without_key.run("login", "--force", stdin="x\n")

    assert (refused.status, forced.status) == (1, 0)
    assert "already contains an API key" in refused.errors[0]
    assert without_key.run("get-config", "api.key").stdout == "new-key\n"


def test_a_refused_login_leaves_the_configuration_alone(without_key: Evcli, server: ScriptedServer) -> None:
    server.refuse("POST", "/login", 403, "wrong_password", "wrong password")

    result = without_key.run("login", stdin="x\n")

    assert (result.status, result.errors) == (1, ["wrong password"])
    assert without_key.run("get-config", "api.key").stdout == "\n"


def test_a_person_is_asked_with_proposals_and_without_showing_the_password(
    without_key: Evcli, server: ScriptedServer
) -> None:
    status, shown = talk(
        without_key, ["login"], [(b"API endpoint: ", b"\n"), (b"User name: ", b"2\n"), (b"Password: ", b"secret\n")]
    )

    assert status == 0
    assert server.requests[0].json == {"username": "admin2", "password": "secret"}
    assert server.uri in shown
    assert "secret" not in shown


def test_an_interrupted_question_is_an_error(without_key: Evcli) -> None:
    status, shown = talk(
        without_key, ["login"], [(b"API endpoint: ", b"\n"), (b"User name: ", b"\n"), (b"Password: ", b"\x03")]
    )

    assert status == 1
    assert "error: interrupted" in shown.replace("\x1b[31m", "").replace("\x1b[0m", "")


def test_logging_out_deletes_the_key_on_both_sides(without_key: Evcli, server: ScriptedServer) -> None:
    without_key.run("set-config", "api.key", "old")
    server.on("POST", "/logout", None)

    result = without_key.run("logout")

    assert (result.status, server.requests[-1].headers["authorization"]) == (0, "Bearer old")
    assert without_key.run("get-config", "api.key").stdout == "\n"


def talk(evcli: Evcli, arguments: list[str], conversation: list[tuple[bytes, bytes]]) -> tuple[int, str]:
    """Run evcli on a terminal, answer its questions, and return its status and what the terminal showed."""
    terminal, end = os.openpty()
    process = evcli.start(
        *arguments,
        env={"TERM": "dumb"},
        stdin=end,
        stdout=end,
        stderr=end,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(end)
    shown = b""
    for question, answer in conversation:
        while question not in shown:
            shown += os.read(terminal, 4096)
        os.write(terminal, answer)
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk
    except OSError:
        # Linux reports the end of a terminal that nobody has open any more as an input error.
        pass
    os.close(terminal)
    return process.wait(30), shown.decode()

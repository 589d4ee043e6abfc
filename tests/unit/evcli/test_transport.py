"""HTTP behaviour (contract evcli, section 10; http-api, section 5)."""

import socket
import threading

import pytest

from evcli.client import parse_endpoint
from evcli.errors import EvcliError
from evcli.proxies import Proxy, choose_proxy
from evcli.transport import Request, redirected
from eventline_common.testing.evcli import Evcli
from eventline_common.testing.scripted_server import ScriptedServer

PROJECTS = {"elements": [{"id": "1", "name": "x"}]}


def test_requests_say_who_sends_them_and_nothing_about_content(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/projects", PROJECTS)

    evcli.run("list-projects")

    headers = server.requests[0].headers
    assert headers["user-agent"].startswith("evcli/v2.0.0 (")
    assert headers["authorization"] == "Bearer 6c1b5a0e-1b0c-4c5e-9f54-0f6f3c1f2a77"
    assert set(headers) == {"host", "user-agent", "authorization"}


def test_requests_and_decisions_can_be_shown(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/projects", PROJECTS)

    decisions = evcli.run("--debug", "1", "list-projects").stderr
    requests = evcli.run("--debug=2", "list-projects").stderr

    assert f"debug.1: using endpoint {server.uri}\n" in decisions
    assert "debug.2" not in decisions
    assert f"debug.2: GET {server.uri}/projects?size=100 200 " in requests


def test_an_endpoint_without_scheme_or_with_a_path_is_understood(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "/projects", PROJECTS)
    evcli.run("set-config", "api.endpoint", server.uri.removeprefix("http://") + "/some/path/")

    assert evcli.run("list-projects").status == 0


@pytest.mark.parametrize("endpoint", ["ftp://x", "http://", "http://a b", "http://x\ny"])
def test_another_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(EvcliError, match="invalid API endpoint"):
        parse_endpoint(endpoint)


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (400, b'{"error": "bad\\nthing ", "code": "x"}', "bad\nthing"),
        (502, b"<html>Bad gateway</html>", "request failed with status 502: <html>Bad gateway</html>"),
        (500, b"", "request failed with status 500: "),
        (403, b'["error"]', 'request failed with status 403: ["error"]'),
        (404, b'{"error": "no \\u001b[2J", "code": "unknown_account"}', "no \\x1b[2J"),
    ],
)
def test_the_whole_text_of_an_error_is_shown(
    evcli: Evcli, server: ScriptedServer, status: int, body: bytes, text: str
) -> None:
    server.on_body("GET", "/account", status, body)

    result = evcli.run("describe-account")

    assert result.status == 1
    assert result.stderr == f"error: {text}\n"


def test_an_answer_that_is_no_json_is_explained(evcli: Evcli, server: ScriptedServer) -> None:
    server.on_body("GET", "/account", 200, b"<html>")

    assert "is no JSON" in evcli.run("describe-account").errors[0]


def test_a_server_that_is_not_there_is_named(evcli: Evcli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    evcli.run("set-config", "api.endpoint", f"http://127.0.0.1:{port}")

    result = evcli.run("list-projects")

    assert (result.status, result.errors) == (1, [f"cannot connect to http://127.0.0.1:{port}: connection refused"])


def test_what_is_no_http_server_is_told_so(evcli: Evcli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer_garbage, args=(listener,), daemon=True).start()
        evcli.run("set-config", "api.endpoint", f"http://127.0.0.1:{listener.getsockname()[1]}")

        assert "this is no HTTP server" in evcli.run("list-projects").errors[0]


def answer_garbage(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(b"220 mail ready\r\n")


def test_redirections_are_followed(evcli: Evcli, server: ScriptedServer) -> None:
    server.on_body("GET", "/projects", 302, b"", {"Location": "/moved"})
    server.on("GET", "/moved", PROJECTS)

    assert evcli.run("list-projects").stdout == "1   x   \n"


def test_redirections_that_go_round_are_not_followed_for_ever(evcli: Evcli, server: ScriptedServer) -> None:
    server.on_body("GET", "/projects", 302, b"", {"Location": "/projects"})

    assert "too many redirections" in evcli.run("list-projects").errors[0]


@pytest.mark.parametrize(
    ("method", "status", "expected"),
    [("GET", 302, "GET"), ("POST", 302, "GET"), ("POST", 303, "GET"), ("PUT", 302, "PUT"), ("POST", 307, "POST")],
)
def test_a_redirected_request_keeps_its_method_where_it_must(method: str, status: int, expected: str) -> None:
    request = redirected(Request(method, "http://a/x", {}, b"body"), status, "y")

    assert (request.method, request.uri) == (expected, "http://a/y")
    assert request.body == (None if expected != method else b"body")


def test_the_key_never_follows_a_redirection_to_another_host() -> None:
    request = Request("GET", "http://a/x", {"Authorization": "Bearer k"})

    assert "Authorization" in redirected(request, 302, "http://a/y").headers
    assert "Authorization" not in redirected(request, 302, "http://b/y").headers
    assert "Authorization" not in redirected(request, 302, "https://a/y").headers


def test_requests_go_through_the_proxy_of_the_environment(evcli: Evcli, server: ScriptedServer) -> None:
    server.on("GET", "http://eventline.example/projects", PROJECTS)
    evcli.run("set-config", "api.endpoint", "http://eventline.example")
    proxy = server.uri.replace("http://", "http://bob:p%40ss@")

    result = evcli.run("list-projects", env={"HTTP_PROXY": proxy})

    assert result.stdout == "1   x   \n"
    assert server.requests[0].headers["proxy-authorization"] == "Basic Ym9iOnBAc3M="


@pytest.mark.parametrize(
    ("no_proxy", "uri", "direct"),
    [
        ("", "http://a.example", False),
        ("*", "http://a.example", True),
        ("a.example", "http://a.example", True),
        ("a.example", "http://b.a.example", True),
        (".a.example", "http://a.example", False),
        (".a.example", "http://b.a.example", True),
        ("a.example", "http://ba.example", False),
        ("x, a.example:81", "http://a.example", False),
        ("a.example:80", "http://a.example", True),
        ("10.0.0.0/8", "http://10.1.2.3", True),
        ("10.0.0.0/8", "http://11.1.2.3", False),
        ("", "http://localhost:8085", True),
        ("", "http://127.0.0.1:8085", True),
    ],
)
def test_exceptions_are_reached_directly(no_proxy: str, uri: str, direct: bool) -> None:
    from urllib.parse import urlsplit

    chosen = choose_proxy({"HTTP_PROXY": "proxy.example:3128", "NO_PROXY": no_proxy}, urlsplit(uri))

    assert chosen == (None if direct else Proxy("proxy.example", 3128))


def test_a_proxy_that_makes_no_sense_is_refused() -> None:
    from urllib.parse import urlsplit

    with pytest.raises(EvcliError, match='invalid proxy "socks5://x" in HTTPS_PROXY'):
        choose_proxy({"https_proxy": "socks5://x"}, urlsplit("https://a.example"))

"""A real authorization server as a process, and a person with a browser in front of it."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest

NODE = Path(__file__).parents[4] / "tests" / "node"
WEB_URI = "http://localhost:8087"
SECRET = "client-secret-of-the-tests-0123456789"  # noqa: S105 - of a server that lives for one test run
_STEPS = 12


@dataclass(frozen=True)
class AuthorizationServer:
    """The server: see tests/node/authorization_server.mjs for its clients."""

    issuer: str

    def advance(self, seconds: int) -> None:
        """Let time pass, for this server only."""
        httpx.post(f"{self.issuer}/test/advance?seconds={seconds}", trust_env=False).raise_for_status()

    @contextmanager
    def failing(self, status: int) -> Iterator[None]:
        """Let the token endpoint answer with a status and no JSON."""
        httpx.post(f"{self.issuer}/test/tokens?status={status}", trust_env=False).raise_for_status()
        try:
            yield
        finally:
            httpx.post(f"{self.issuer}/test/tokens?status=0", trust_env=False).raise_for_status()

    def identity(self, client: str = "plain", /, **more: Any) -> dict[str, object]:
        """Return the data of a `generic/oauth2` identity."""
        return {"issuer": self.issuer, "client_id": client, "client_secret": SECRET, "scopes": ["read"], **more}


def visit(uri: str, *, agree: bool = True) -> str:
    """Open an address, log in, agree or not, and return where the browser is sent in the end."""
    with httpx.Client(trust_env=False, follow_redirects=False) as browser:
        answer = browser.get(uri)
        for _ in range(_STEPS):
            if answer.is_redirect:
                place = urljoin(str(answer.url), answer.headers["location"])
                if place.startswith(WEB_URI):
                    return place
                answer = browser.get(place)
                continue
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert prompt is not None, answer.text
            if not agree:
                answer = browser.get(f"{answer.url}/abort")
            else:
                form = {"prompt": prompt[1], "login": "bob", "password": "x"}
                answer = browser.post(str(answer.url), data=form)
    raise AssertionError(f"the browser is still at {answer.url}")


def query(uri: str) -> dict[str, str]:
    """Return the query of an address."""
    return dict(parse_qsl(urlsplit(uri).query))


def completion(callback: str) -> dict[str, str]:
    """Return what the API wants to know of an address that a provider sent the browser to."""
    _, _, connector, type = urlsplit(callback).path.rsplit("/", 3)
    return {"connector": connector, "type": type, **query(callback)}


@contextmanager
def running_authorization_server() -> Iterator[AuthorizationServer]:
    """Start the server; skip if it is not installed."""
    node = shutil.which("node")
    if node is None or not (NODE / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("needs node, and its packages: npm ci --prefix tests/node")
    command = [node, "authorization_server.mjs", WEB_URI]
    with subprocess.Popen(
        command, cwd=NODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            issuer = process.stdout.readline().strip()
            assert issuer, "the authorization server did not start"
            yield AuthorizationServer(issuer)
        finally:
            process.terminate()

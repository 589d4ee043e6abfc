"""What a row of a table stands on: a running API, callers of every kind, a project of its own."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from .rows import Rows

PASSWORD = "correct horse"
CODE = [{"label": "Step 1", "code": "true"}]
# A limit that tests can reach.
CONFIGURATION = ["limits: {request_body: 300000}"]
CREDENTIALS = {"username": "admin", "password": "admin"}


@dataclass(frozen=True)
class Theatre:
    """A running API with the keys that every test may use; made once."""

    client: httpx.Client
    rows: Rows
    uri: str
    admin: str
    user: str
    request_body_limit: int

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = "admin",
        project: str | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request; `key` is `admin`, `user`, None for none, or a key itself. A stream is not read."""
        sent = {**self.headers(key, project), **(headers or {})}
        if body is not None:
            content = json.dumps(body).encode()
        request = self.client.build_request(method, path, content=content, headers=sent)
        answer = self.client.send(request, stream=True)
        if method == "HEAD" or not is_stream(answer):
            answer.read()
        answer.close()
        return answer

    def headers(self, key: str | None = "admin", project: str | None = None) -> dict[str, str]:
        """Return what a request of a caller carries."""
        found = {}
        if key is not None:
            found["Authorization"] = f"Bearer {ALIASES[key](self) if key in ALIASES else key}"
        if project is not None:
            found["X-Eventline-Project-Id"] = project
        return found


ALIASES = {"admin": lambda theatre: theatre.admin, "user": lambda theatre: theatre.user}


def is_stream(answer: httpx.Response) -> bool:
    """Tell whether an answer goes on until somebody hangs up."""
    return str(answer.headers.get("content-type", "")).startswith("text/event-stream")


@dataclass
class Stage:
    """A project, empty at first, and what was made in it."""

    theatre: Theatre
    project: str = ""
    key: str = "admin"
    made: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, theatre: Theatre) -> "Stage":
        """Create a project to work in."""
        stage = cls(theatre)
        stage.project = stage.ask("POST", "/projects", {"name": name("project")}).json()["id"]
        return stage

    @classmethod
    @contextmanager
    def elsewhere(cls, stage: "Stage") -> "Iterator[Stage]":
        """Give the same project to another thread, with connections of its own."""
        rows = Rows(stage.rows.settings)
        with httpx.Client(base_url=stage.theatre.uri, timeout=60) as client:
            yield cls(replace(stage.theatre, client=client, rows=rows), stage.project, stage.key)
        rows.close()

    @property
    def rows(self) -> Rows:
        """The database of the API."""
        return self.theatre.rows

    def ask(self, method: str, path: str, body: object = None, **how: Any) -> httpx.Response:
        """Send a request on behalf of an administrator in the project, unless told otherwise."""
        how = {"key": self.key, "project": self.project or None, **how}
        return self.theatre.ask(method, path, body, **how)

    def done(self, method: str, path: str, body: object = None, **how: Any) -> Any:
        """Send a request that must succeed, and return what came back."""
        answer = self.ask(method, path, body, **how)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def job(self, job_name: str = "", **members: object) -> str:
        """Deploy a job and return its id."""
        spec = {"name": job_name or name("job"), "steps": CODE, **members}
        deployed = self.done("PUT", f"/jobs/name/{spec['name']}", spec)
        return str(deployed["id"])

    def identity(self, identity_name: str = "", **members: object) -> str:
        """Create an identity and return its id."""
        body = {"name": identity_name or name("identity"), "connector": "generic", "type": "api_key"}
        return str(self.done("POST", "/identities", {**body, "data": {"key": "secret"}, **members})["id"])

    def account(self, role: str = "user") -> str:
        """Create an account and return its id."""
        body = {"username": name("account"), "password": PASSWORD, "role": role}
        return str(self.done("POST", "/accounts", body)["id"])

    def api_key(self, **members: object) -> str:
        """Create a key of the administrator and return its secret."""
        return str(self.done("POST", "/account/api_keys", {"name": name("key"), **members})["key"])

    def session(self, username: str = "admin", password: str = "admin") -> dict[str, Any]:
        """Log in and return the new web session."""
        body = {"username": username, "password": password}
        found: dict[str, Any] = self.done("POST", "/sessions", body, key=None, project=None)
        return found


def name(kind: str) -> str:
    """Return a name that nothing else has."""
    return f"{kind}-{secrets.token_hex(4)}"

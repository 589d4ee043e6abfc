"""A small, fast HTTP client of the API: one connection that stays open."""

import http.client
import json
import time
from collections.abc import Generator
from typing import Any

# Servers hang up on idle connections after five seconds.
_IDLE = 2.0


class Client:
    """One connection that stays open."""

    def __init__(self, port: int, *, key: str = "", project_id: str = "") -> None:
        self.port = port
        self.key = key
        self.project_id = project_id
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._last_use = time.monotonic()

    @classmethod
    def log_in(cls, port: int) -> "Client":
        """Log in with the default account and select the default project."""
        client = cls(port)
        client.key = client.call("POST", "/login", {"username": "admin", "password": "admin"})["key"]
        client.project_id = client.call("GET", "/projects/name/main")["id"]
        return client

    def another(self) -> "Client":
        """Return a client with the same rights on a connection of its own."""
        return Client(self.port, key=self.key, project_id=self.project_id)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def headers(self) -> dict[str, str]:
        """Return what every request carries."""
        found = {}
        if self.key:
            found["Authorization"] = f"Bearer {self.key}"
        if self.project_id:
            found["X-Eventline-Project-Id"] = self.project_id
        return found

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send a request and return the decoded answer; raises RuntimeError for an error."""
        data = None if body is None else json.dumps(body).encode()
        if time.monotonic() - self._last_use > _IDLE:
            self._connection.close()
        self._connection.request(method, path, body=data, headers=self.headers())
        answer = self._connection.getresponse()
        content = answer.read()
        self._last_use = time.monotonic()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {content!r}")
        return json.loads(content) if content else None

    def retry(self, method: str, path: str, body: object = None, *, seconds: float = 30) -> Any:
        """Send a request again and again while the API is away; it may have acted without answering."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.call(method, path, body)
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise
                self._connection.close()
                time.sleep(0.05)

    def deploy(self, name: str, code: str, **members: object) -> str:
        """Deploy a job with one step and return its id."""
        spec = {"name": name, "steps": [{"code": code}], **members}
        return str(self.call("PUT", f"/jobs/name/{name}", spec)["id"])

    def follow(self, execution_id: str) -> Generator[tuple[str, dict[str, Any]]]:
        """Yield the server-sent events of an execution."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", f"/job_executions/id/{execution_id}/follow", headers=self.headers())
        answer = connection.getresponse()
        kind = "message"
        try:
            while raw := answer.readline():
                name, _, value = raw.decode().rstrip("\r\n").partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    yield kind, json.loads(value)
                    if kind == "end":
                        break
        finally:
            answer.close()
            connection.close()

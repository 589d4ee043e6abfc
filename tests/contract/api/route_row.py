"""The form of a row of the table of routes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from .givens import Given, Variables, nothing
from .shapes import Check
from .stage import Stage

# Who may call, as the contract marks it: nobody in particular, an account, an account in a project (P), an
# administrator (A).
PUBLIC, ACCOUNT, PROJECT, ADMIN = "public", "account", "project", "admin"


@dataclass(frozen=True)
class Row:
    """A route that does what it is for."""

    route: str
    caller: str
    status: int
    answer: Check | None = None
    given: Given = nothing
    sends: object = None
    query: str = ""
    media: str = "application/json"

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.route.partition(" ")[2]

    @property
    def name(self) -> str:
        """Return what the row is called in the output of tests."""
        return f"{self.route}{self.query}" + (f" of {self.given.__name__}" if self.given is not nothing else "")

    def body(self, stage: Stage) -> object:
        """Return the body to send."""
        return self.sends(stage) if callable(self.sends) else self.sends

    def send(self, stage: Stage, variables: Variables, **how: Any) -> httpx.Response:
        """Send the request."""
        return stage.ask(self.method, filled(self.path, variables) + self.query, self.body(stage), **how)


def filled(path: str, variables: Variables) -> str:
    """Return a path with the values of its variables."""
    for variable, value in variables.items():
        path = path.replace(f"{{{variable}}}", value)
    assert "{" not in path, f"nothing was made for {path}"
    return path


def named(body: Callable[[str], object], kind: str) -> Callable[[Stage], object]:
    """Return a body with a name that nothing else has."""
    from .stage import name

    return lambda _: body(name(kind))

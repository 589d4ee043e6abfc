"""The form of a row of the tables of errors."""

from dataclasses import dataclass
from typing import Any

from .givens import Given, nothing
from .stage import Stage


@dataclass(frozen=True)
class Refused:
    """A request that cannot be carried out: `wrong` lists pointer and code of each validation error."""

    route: str
    status: int
    code: str
    given: Given = nothing
    sends: object = None
    content: bytes | None = None
    query: str = ""
    wrong: tuple[tuple[str, str], ...] = ()
    why: str = ""

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.route.partition(" ")[2]

    @property
    def name(self) -> str:
        """Return what the row is called in the output of tests."""
        what = f"{self.route}{self.query} {self.code}"
        return what + (f" {self.why}" if self.why else f" of {self.given.__name__}")

    def body(self, stage: Stage) -> Any:
        """Return the body to send."""
        return self.sends(stage) if callable(self.sends) else self.sends


def invalid(route: str, sends: object, *wrong: tuple[str, str], given: Given = nothing, why: str = "") -> Refused:
    """Return a row for a body with validation errors."""
    return Refused(route, 400, "invalid_request_body", given, sends, wrong=wrong, why=why or f"{wrong}")


def undecodable(
    route: str, sends: object = None, *, given: Given = nothing, content: bytes | None = None, why: str
) -> Refused:
    """Return a row for a body that cannot be decoded: no `data`."""
    return Refused(route, 400, "invalid_request_body", given, sends, content, why=why)

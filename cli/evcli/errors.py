"""What can go wrong; every failure ends the program with status 1 (contract evcli, section 1)."""

from collections.abc import Mapping, Sequence
from typing import Any

ROUTE_NOT_FOUND_CODES = frozenset({"not_found", "route_not_found"})


class EvcliError(Exception):
    """A failure that is told to the user, one `error: ` line per element of `lines`."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class UsageError(EvcliError):
    """The command line makes no sense; the usage text follows the error line."""


class Interrupted(EvcliError):
    """The user interrupted the program."""

    def __init__(self) -> None:
        super().__init__("interrupted")


class OutputClosed(EvcliError):
    """Whoever read our output has gone, as in `evcli list-jobs | head -1`; there is nobody to tell."""

    def __init__(self) -> None:
        super().__init__()


class ConnectionFailure(EvcliError):
    """The server could not be reached, or the connection to it broke."""


class ApiError(EvcliError):
    """The server answered with an error; `text` is its whole text (contract http-api, section 5)."""

    def __init__(self, *, status: int, text: str, code: str = "", details: object = None, origin: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.code = code
        self.details = details
        self.origin = origin

    @property
    def is_unknown_route(self) -> bool:
        """Whether the server has no such route: it is older than the command (http-api, section 13)."""
        return self.status == 404 and self.code in ROUTE_NOT_FOUND_CODES

    @property
    def validation_errors(self) -> Sequence[Mapping[str, Any]]:
        """The problems of the request body (http-api, section 6); old servers never list them."""
        if self.code != "invalid_request_body" or not isinstance(self.details, dict):
            return ()
        listed = self.details.get("validation_errors")
        if not isinstance(listed, list):
            return ()
        return [problem for problem in listed if isinstance(problem, dict)]

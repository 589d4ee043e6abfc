"""The tree of errors that people may see: each has a code, an HTTP status and a sentence (http-api, section 5)."""

from collections.abc import Sequence
from typing import ClassVar

from eventline_common.domain.validation import ValidationError


class EventlineError(Exception):
    """An error with a machine-readable code; `str(error)` is the sentence for people."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, details: object | None = None) -> None:
        super().__init__(message)
        self.details = details


class InvalidValue(EventlineError):
    """The request cannot be carried out as it stands."""

    code = "invalid_value"
    status = 400


class Unauthorized(EventlineError):
    """Nobody known is asking."""

    code = "authentication_required"
    status = 401


class Forbidden(EventlineError):
    """The caller is known and may not do this."""

    code = "permission_denied"
    status = 403


class NotFound(EventlineError):
    """The object does not exist, or not in the selected project."""

    code = "not_found"
    status = 404


class TooManyRequests(EventlineError):
    """A rate limit was reached."""

    code = "too_many_requests"
    status = 429


class Unavailable(EventlineError):
    """A part that is needed is away for now; trying again later is right."""

    code = "service_unavailable"
    status = 503


class InvalidRequestBody(InvalidValue):
    """The body is not JSON, has a wrong type somewhere, or failed validation (http-api, section 6)."""

    code = "invalid_request_body"

    def __init__(self, message: str, validation_errors: Sequence[ValidationError] = ()) -> None:
        errors = [{"pointer": e.pointer, "code": e.code, "message": e.message} for e in validation_errors]
        super().__init__(message, details={"validation_errors": errors} if errors else None)
        self.validation_errors = tuple(validation_errors)

    @classmethod
    def of(cls, validation_errors: Sequence[ValidationError]) -> "InvalidRequestBody":
        """Build the error whose text lists each validation error on its own line."""
        lines = [f"  {e.pointer}: {e.message}" if e.pointer else f"  {e.message}" for e in validation_errors]
        return cls("\n".join(["invalid request body:", "invalid data:", *lines]), validation_errors)


class InvalidQueryParameter(InvalidValue):
    """A cursor or another query parameter is malformed."""

    code = "invalid_query_parameter"


class InvalidRouteVariable(InvalidValue):
    """A segment of the path is not what its route needs."""

    code = "invalid_route_variable"

"""Reads request bodies with the readers of the domain: wrong types and broken rules become one kind of error."""

from eventline_common.domain.validation import Reader
from eventline_common.errors import InvalidRequestBody


def read_object(body: object) -> Reader:
    """Return a reader of a whole body; a DecodeError, here and later, becomes `invalid_request_body` without `data`."""
    return Reader.of(body, (), [])


def refuse_errors(reader: Reader) -> None:
    """Raise InvalidRequestBody with everything that was found wrong, if anything was."""
    if reader.errors:
        raise InvalidRequestBody.of(reader.errors)

"""What the body of a request says, by its content type."""

from collections.abc import Mapping
from email.message import Message
from urllib.parse import parse_qs

from eventline_common.errors import EventlineError, InvalidRequestBody
from eventline_common.http.bodies import decode_foreign_json

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 1000
# A request without a body need not say of which type it is.
_DEFAULT_TYPE = "text/plain"


class UnsupportedContentType(EventlineError):
    """The body is of a type that nobody here reads."""

    code = "unsupported_content_type"
    status = 415


def media_type_of(content_type: str) -> str:
    """Return the media type, without parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower() or _DEFAULT_TYPE


def check_content_type(content_type: str, *, has_body: bool) -> None:
    """Raise UnsupportedContentType unless it is JSON, a form, or text."""
    media_type = media_type_of(content_type)
    if (content_type or not has_body) and (_is_json(media_type) or media_type == _FORM or _is_text(media_type)):
        return
    shown = f'"{media_type[:100]}"' if content_type else "missing"
    raise UnsupportedContentType(
        f"the content type is {shown}; use application/json, {_FORM}, or text such as text/plain"
    )


def decode(content_type: str, body: bytes) -> object:
    """Return the value of a JSON body, the fields of a form, or text; raise InvalidRequestBody.

    A field that comes several times is an array. Null characters, which the database cannot keep, become U+FFFD.
    """
    media_type = media_type_of(content_type)
    if _is_json(media_type):
        return decode_foreign_json(body)
    if media_type == _FORM:
        return _decode_form(body)
    return _decode_text(content_type, body)


def _decode_form(body: bytes) -> Mapping[str, object]:
    try:
        fields = parse_qs(
            body.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=_MOST_FIELDS,
            errors="strict",
        )  # fmt: skip
    except ValueError as error:
        raise InvalidRequestBody(f"invalid request body: not a form: {error}") from error
    return {
        _storable(name): _storable(values[0]) if len(values) == 1 else [_storable(value) for value in values]
        for name, values in fields.items()
    }


def _decode_text(content_type: str, body: bytes) -> str:
    header = Message()
    header["content-type"] = content_type or _DEFAULT_TYPE
    charset = header.get_content_charset("utf-8")
    try:
        text = body.decode(charset)
        text.encode()
    except (LookupError, ValueError) as error:
        raise InvalidRequestBody(f'invalid request body: it is not text in "{charset[:50]}"') from error
    return _storable(text)


def _storable(text: str) -> str:
    return text.replace("\x00", "\ufffd")


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or media_type.endswith("+json")


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/")

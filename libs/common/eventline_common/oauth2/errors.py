"""What can go wrong between us and an authorization server; `str(error)` is what the identity shows."""

from eventline_common.errors import InvalidValue

_LONGEST = 500


class OAuth2Error(InvalidValue):
    """An authorization server refused, cannot be reached, or does not follow the rules."""

    code = "oauth2_error"


def provider_error(error: object, description: object = None) -> OAuth2Error:
    """Return the error that a server named: `<error>` or `<error>: <description>`, as one line of bounded length."""
    parts = [text for part in (error, description) if isinstance(part, str) and (text := one_line(part))]
    return OAuth2Error(": ".join(parts) or "the provider reported an error without a name")


def one_line(text: str) -> str:
    """Return a text of a stranger as one line without control characters, cut at 500 characters."""
    printable = "".join(character if character.isprintable() else " " for character in text[: 2 * _LONGEST])
    return " ".join(printable.split())[:_LONGEST]

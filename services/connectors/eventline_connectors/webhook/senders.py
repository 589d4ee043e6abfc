"""How senders prove who they are: with a signature of the body, or with a token; the secret is that of an identity."""

import hmac
from collections.abc import Mapping

from eventline_common.crypto.signatures import is_signed
from eventline_common.errors import Unauthorized

SIGNATURE_HEADER = "X-Hub-Signature-256"
# Where each type of identity has its secret.
SECRET_FIELDS: Mapping[str, str] = {"generic/api_key": "key", "generic/password": "password"}


class MissingCredentials(Unauthorized):
    """The request does not say who sends it."""

    code = "missing_credentials"


class InvalidCredentials(Unauthorized):
    """The request is signed with another secret, was changed on its way, or has another token."""

    code = "invalid_credentials"


def authenticate(authentication: str, headers: Mapping[str, str], body: bytes, secret: bytes) -> None:
    """Check a request in constant time; `headers` finds them in lower case. Raise what the answer is to be."""
    match authentication:
        case "none":
            return
        case "hmac":
            _check_signature(headers.get(SIGNATURE_HEADER.lower()), body, secret)
        case "bearer":
            _check_token(headers.get("authorization"), secret)
        case _:
            raise InvalidCredentials(f'requests cannot be authenticated by "{authentication}"')


def _check_signature(signature: str | None, body: bytes, secret: bytes) -> None:
    if signature is None:
        raise MissingCredentials(f"the header {SIGNATURE_HEADER} is missing: it is sha256=<HMAC of the body>")
    if not is_signed(body, signature, secret):
        raise InvalidCredentials(f"the signature in {SIGNATURE_HEADER} is not that of the body")


def _check_token(authorization: str | None, secret: bytes) -> None:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        raise MissingCredentials("the header Authorization is missing: it is Bearer <token>")
    if not secret or not hmac.compare_digest(token.strip().encode("latin-1", errors="replace"), secret):
        raise InvalidCredentials("the token in Authorization is not the one of this webhook")

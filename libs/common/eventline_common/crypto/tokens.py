"""Makes random tokens, for sessions and forms, and compares them without telling how much was right."""

import hashlib
import hmac
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """Make a token of 256 random bits that may stand in cookies, forms and addresses."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> bytes:
    """Give the 32 bytes that are stored in place of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def same_token(given: str, wanted: str) -> bool:
    """Compare two tokens in a time that does not depend on where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode("utf-8", "surrogatepass"))

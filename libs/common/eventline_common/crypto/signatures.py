"""Signatures of what is sent over HTTP: `<algorithm>=<hexadecimal HMAC of the raw body>`, as GitHub writes them."""

import hmac

# SHA-1 only for senders that know nothing better: it is still sound within an HMAC.
ALGORITHMS = ("sha256", "sha1")


def sign(body: bytes, secret: bytes, *, algorithm: str = "sha256") -> str:
    """Return the signature of a body."""
    return f"{algorithm}={hmac.digest(secret, body, algorithm).hex()}"


def is_signed(body: bytes, signature: str, secret: bytes, *, algorithm: str = "sha256") -> bool:
    """Tell, in constant time, whether this is the signature of the body; without a secret nothing is signed."""
    if not secret:
        return False
    expected = sign(body, secret, algorithm=algorithm)
    return hmac.compare_digest(expected.encode(), signature.strip().lower().encode("utf-8", errors="replace"))

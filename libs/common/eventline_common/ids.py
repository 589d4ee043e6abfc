"""KSUID identifiers: 27 characters that sort bytewise by creation time (contract http-api, section 7)."""

import secrets
from datetime import UTC, datetime
from typing import NewType

AccountId = NewType("AccountId", str)
ApiKeyId = NewType("ApiKeyId", str)
SessionId = NewType("SessionId", str)
ProjectId = NewType("ProjectId", str)
JobId = NewType("JobId", str)
RevisionId = NewType("RevisionId", str)
ExecutionId = NewType("ExecutionId", str)
StepId = NewType("StepId", str)
EventId = NewType("EventId", str)
IdentityId = NewType("IdentityId", str)
SubscriptionId = NewType("SubscriptionId", str)
NotificationId = NewType("NotificationId", str)

LENGTH = 27
NIL_ID = "0" * LENGTH
MAX_ID = "aWgEPTl1tmebfsQzFP4bxwgy80V"

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_EPOCH = 1_400_000_000
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]


def new_id(now: datetime | None = None) -> str:
    """Return a fresh identifier whose first four bytes are the seconds of `now` (default: this instant)."""
    seconds = int((now or datetime.now(UTC)).timestamp()) - _EPOCH
    return encode(seconds.to_bytes(4, "big") + secrets.token_bytes(16))


def encode(raw: bytes) -> str:
    """Write 20 bytes as 27 characters of base 62, most significant first."""
    number = int.from_bytes(raw, "big")
    pairs: list[str] = []
    for _ in range(14):
        number, pair = divmod(number, 3844)
        pairs.append(_PAIRS[pair])
    return "".join(reversed(pairs))[1:]


def decode(text: str) -> bytes:
    """Return the 20 bytes of an identifier; raise ValueError if it is not one."""
    if not is_id(text):
        raise ValueError(f'"{text}" is not an identifier')
    number = 0
    for character in text:
        number = number * 62 + _VALUES[character]
    return number.to_bytes(20, "big")


def is_id(text: str) -> bool:
    """Tell whether a text is a KSUID, the all-zero one included."""
    return len(text) == LENGTH and text <= MAX_ID and text.isascii() and text.isalnum()

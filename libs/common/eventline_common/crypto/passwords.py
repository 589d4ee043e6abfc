"""Hashes passwords with argon2id; checks those of the original and says when to hash anew (G-60).

Hashing takes some 50 ms of processor time: call it in a thread.
"""

import base64
import binascii
import hashlib
import hmac
import re

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

ORIGINAL_ITERATIONS = 350_000
_MOST_ITERATIONS = 10_000_000
_PBKDF2 = re.compile(
    r"\$pbkdf2-sha256\$i=(?P<iterations>\d{1,8})\$(?P<salt>[A-Za-z0-9+/]+)\$(?P<hash>[A-Za-z0-9+/]+)", re.ASCII
)
# Two passes over 19 MiB, the OWASP recommendation, rounded up to what a login may cost.
_ARGON2 = PasswordHasher(time_cost=3, memory_cost=24 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
# Nobody's password, with the same parameters, so that an unknown user name costs as much as a wrong password (G-59).
_NOBODY = "$argon2id$v=19$m=24576,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def hash_password(password: str) -> str:
    """Hash a password; the text holds algorithm, parameters, salt and hash (PHC string format)."""
    return _ARGON2.hash(_bytes(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Tell whether the password is the one that was stored; None, no such account, takes as long and is never right.

    Raises ValueError when what is stored is no hash at all.
    """
    if stored is not None and stored.startswith("$pbkdf2-sha256$"):
        return _verify_pbkdf2(stored, password)
    try:
        return _ARGON2.verify(_NOBODY if stored is None else stored, _bytes(password)) and stored is not None
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError) as error:
        raise ValueError("the stored password hash cannot be read") from error


def needs_rehash(stored: str) -> bool:
    """Tell whether a hash that was just verified should be replaced by a stronger one."""
    return not stored.startswith("$argon2id$") or _ARGON2.check_needs_rehash(stored)


def import_pbkdf2_hash(salt: bytes, password_hash: bytes, *, iterations: int = ORIGINAL_ITERATIONS) -> str:
    """Give the text for a hash of the original: PBKDF2-HMAC-SHA-256 (identities-connectors.md, section 4)."""
    return f"$pbkdf2-sha256$i={iterations}${_encode(salt)}${_encode(password_hash)}"


def _verify_pbkdf2(stored: str, password: str) -> bool:
    found = _PBKDF2.fullmatch(stored)
    iterations = int(found["iterations"]) if found is not None else 0
    if found is None or not 1 <= iterations <= _MOST_ITERATIONS:
        raise ValueError("the stored password hash cannot be read")
    wanted = _decode(found["hash"])
    given = hashlib.pbkdf2_hmac("sha256", _bytes(password), _decode(found["salt"]), iterations, len(wanted))
    return hmac.compare_digest(given, wanted)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode().rstrip("=")


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("the stored password hash cannot be read") from error

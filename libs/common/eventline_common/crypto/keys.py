"""What is derived from an encryption key: its id, its check value, the keys that really encrypt and sign."""

import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_SIZE = 32
KEY_ID_SIZE = 8


@dataclass(frozen=True, slots=True)
class DerivedKeys:
    """An encryption key and its offspring."""

    id: bytes
    original: bytes = field(repr=False)
    encryption: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @classmethod
    def of(cls, key: bytes) -> "DerivedKeys":
        """Derive everything from a key of 32 bytes; raise ValueError for another size."""
        both = _derive(key, b"eventline identities 1", 2 * KEY_SIZE)
        return cls(bytes.fromhex(key_id(key)), key, both[:KEY_SIZE], both[KEY_SIZE:])


def key_id(key: bytes) -> str:
    """Give the id of a key, 16 hexadecimal digits, which tells nothing about the key."""
    return hashlib.sha256(b"eventline key id\0" + key).digest()[:KEY_ID_SIZE].hex()


def check_value(key: bytes) -> bytes:
    """Give the 32 bytes that are stored to recognise a key at start (G-50)."""
    return _derive(key, b"eventline check value 1", 32)


def verify_check_value(key: bytes, stored: bytes) -> bool:
    """Tell whether the key is the one whose check value was stored."""
    return hmac.compare_digest(check_value(key), stored)


def _derive(key: bytes, purpose: bytes, size: int) -> bytes:
    if len(key) != KEY_SIZE:
        raise ValueError(f"an encryption key has {KEY_SIZE} bytes, not {len(key)}")
    return HKDF(algorithm=SHA256(), length=size, salt=None, info=purpose).derive(key)

"""Encrypts what identities hold: AES-256-CBC as the handbook promises, signed and bound to its place (G-35).

A stored value is `EVL` and a zero byte, the version, the id of the key, the IV, the ciphertext, and an HMAC-SHA256 over
all of these and the context. Values of the original are a bare IV and ciphertext; their length is a multiple of 16,
which that of ours never is, so that no changed byte can turn one into the other.
"""

import hmac
import os
from collections.abc import Iterator, Sequence
from typing import ClassVar

import orjson
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from eventline_common.crypto.keys import KEY_ID_SIZE, DerivedKeys, check_value, key_id, verify_check_value
from eventline_common.errors import EventlineError

__all__ = [
    "IdentityCipher",
    "TamperedIdentity",
    "UndecryptableIdentity",
    "check_value",
    "key_id",
    "verify_check_value",
]

_BLOCK = 16
_TAG = 32
_HEADER = b"EVL\0\x01"
_IV_AT = len(_HEADER) + KEY_ID_SIZE
_CIPHERTEXT_AT = _IV_AT + _BLOCK
_LEAST = _CIPHERTEXT_AT + _BLOCK + _TAG


class UndecryptableIdentity(EventlineError):
    """Stored data cannot be decrypted with the keys at hand."""

    code: ClassVar[str] = "undecryptable_identity"
    status: ClassVar[int] = 500


class TamperedIdentity(UndecryptableIdentity):
    """Stored data were changed, or moved to another identity, behind our back."""

    code: ClassVar[str] = "tampered_identity"


class IdentityCipher:
    """Encrypts with the current key; decrypts with it and with previous ones."""

    def __init__(self, current: bytes, previous: Sequence[bytes] = ()) -> None:
        self._current = DerivedKeys.of(current)
        keys = [self._current, *(DerivedKeys.of(key) for key in previous)]
        self._keys = {key.id: key for key in reversed(keys)}
        self._tried = keys

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys, the current one first."""
        return tuple(dict.fromkeys(key.id.hex() for key in self._tried))

    @property
    def current_header(self) -> bytes:
        """What every value begins with that needs no rotation."""
        return _HEADER + self._current.id

    def encrypt(self, plain: bytes, *, context: str) -> bytes:
        """Encrypt for one place, for example the id of the identity."""
        key, iv = self._current, os.urandom(_BLOCK)
        padding = _BLOCK - len(plain) % _BLOCK
        encryptor = Cipher(AES(key.encryption), CBC(iv)).encryptor()
        ciphertext = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        signed = b"".join((_HEADER, key.id, iv, ciphertext))
        return signed + _tag(key, signed, context)

    def decrypt(self, stored: bytes, *, context: str) -> bytes:
        """Decrypt what was encrypted for the same place, by us or by the original.

        Raises UndecryptableIdentity, or more precisely TamperedIdentity.
        """
        if len(stored) % _BLOCK == 0:
            return self._decrypt_original(stored)
        if not stored.startswith(_HEADER) or len(stored) < _LEAST or (len(stored) - _LEAST) % _BLOCK:
            raise TamperedIdentity("the encrypted data are damaged: they have no valid form")
        key = self._keys.get(stored[len(_HEADER) : _IV_AT])
        if key is None:
            raise UndecryptableIdentity(_unknown_key(stored[len(_HEADER) : _IV_AT].hex(), self.key_ids))
        signed, tag = stored[:-_TAG], stored[-_TAG:]
        if not hmac.compare_digest(_tag(key, signed, context), tag):
            raise TamperedIdentity("the encrypted data were changed, or belong to another identity")
        plain = _unpadded(_decrypted(key.encryption, signed[_IV_AT:]))
        if plain is None:
            raise TamperedIdentity("the encrypted data are damaged: their padding is wrong")
        return plain

    def needs_rotation(self, stored: bytes) -> bool:
        """Tell whether a value is that of the original, or of a previous key."""
        return len(stored) % _BLOCK == 0 or not stored.startswith(self.current_header)

    def rotate(self, stored: bytes, *, context: str) -> bytes:
        """Decrypt a value and encrypt it anew, in the newest form and with the current key."""
        return self.encrypt(self.decrypt(stored, context=context), context=context)

    def _decrypt_original(self, stored: bytes) -> bytes:
        """Try every key: only with the right one does the value become the JSON object that it must be."""
        for plain in self._candidates(stored):
            if _is_object(plain):
                return plain
        raise UndecryptableIdentity(
            "the encrypted data cannot be read with any of the configured keys; "
            "is encryption_key the one that they were stored with? Former keys go to encryption_keys_previous"
        )

    def _candidates(self, stored: bytes) -> Iterator[bytes]:
        if len(stored) < 2 * _BLOCK:
            return
        for key in self._tried:
            plain = _unpadded(_decrypted(key.original, stored))
            if plain is not None:
                yield plain


def _tag(key: DerivedKeys, signed: bytes, context: str) -> bytes:
    """Sign header, IV and ciphertext with the context between; its length keeps the parts apart."""
    place = context.encode()
    head, ciphertext = signed[:_CIPHERTEXT_AT], signed[_CIPHERTEXT_AT:]
    return hmac.digest(key.signature, b"".join((head, len(place).to_bytes(4), place, ciphertext)), "sha256")


def _decrypted(key: bytes, iv_and_ciphertext: bytes) -> bytes:
    decryptor = Cipher(AES(key), CBC(iv_and_ciphertext[:_BLOCK])).decryptor()
    return decryptor.update(iv_and_ciphertext[_BLOCK:]) + decryptor.finalize()


def _unpadded(padded: bytes) -> bytes | None:
    padding = padded[-1]
    if not 1 <= padding <= _BLOCK or not padded.endswith(bytes([padding]) * padding):
        return None
    return padded[:-padding]


def _is_object(plain: bytes) -> bool:
    try:
        return isinstance(orjson.loads(plain), dict)
    except orjson.JSONDecodeError:
        return False


def _unknown_key(wanted: str, known: Sequence[str]) -> str:
    return (
        f"the data were encrypted with the key {wanted}, which is not configured; "
        f"configured keys: {', '.join(known)}. Former keys go to encryption_keys_previous"
    )

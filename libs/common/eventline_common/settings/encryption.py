"""Reads encryption keys: Base64 of 32 bytes, all zero being none (G-50)."""

import base64
import binascii

from eventline_common.settings.block import Block

KEY_SIZE = 32
_RULE = "must be Base64 of exactly 32 bytes; make one with: openssl rand -base64 32"


def read_key(block: Block) -> bytes:
    """Read `encryption_key`; empty when it is missing or all zero."""
    text = block.text("encryption_key").strip()
    key = _decode(text)
    if key is None:
        block.wrong("encryption_key", _RULE)
    return key if key and any(key) else b""


def read_previous_keys(block: Block) -> tuple[bytes, ...]:
    """Read `encryption_keys_previous`: keys that old values may still be encrypted with."""
    keys = [_decode(text.strip()) for text in block.texts("encryption_keys_previous")]
    for position, key in enumerate(keys):
        if not key or not any(key):
            block.wrong(f"encryption_keys_previous[{position}]", f"{_RULE}, and not all zero")
    return tuple(key for key in keys if key)


def require_key(block: Block, key: bytes) -> None:
    """Note that the key is missing, unless its text was already found wrong."""
    if not key and not any(problem.startswith("encryption_key ") for problem in block.problems):
        block.wrong("encryption_key", f"is missing: it {_RULE}, and name the configuration file with -c")


def _decode(text: str) -> bytes | None:
    """Give the key, empty for an empty text, None for anything else."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) in {0, KEY_SIZE} else None

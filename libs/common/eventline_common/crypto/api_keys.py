"""Makes API keys and what is stored of them (handbook 8.2, service-config.md section 11)."""

import hashlib
import uuid


def new_api_key() -> str:
    """Make a key: the text of a random UUID, shown once."""
    return str(uuid.uuid4())


def hash_api_key(key: str) -> bytes:
    """Give the 32 bytes by which a key is found; the key is random, so that a fast hash is enough."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()

"""Whether the configured encryption keys are those that a database was written with (G-50)."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventline_common.crypto.keys import key_id, verify_check_value


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What is stored to recognise an encryption key."""

    id: str
    check_value: bytes


def key_problem(stored: Sequence[StoredKey], keys: Sequence[bytes]) -> str | None:
    """Say why these keys must not be used on this database, if so; `stored` has the newest key first."""
    configured = {key_id(key): key for key in keys}
    if stored and stored[0].id not in configured:
        return (
            f"the encryption key does not fit this database: what is stored was encrypted with the key {stored[0].id},"
            f" but encryption_key is {key_id(keys[0])}; configure the former key as encryption_key, or, to replace it,"
            " list it in encryption_keys_previous"
        )
    for key in stored:
        if key.id not in configured:
            return (
                f"what is stored may still be encrypted with the key {key.id}, which is not configured; list it in"
                " encryption_keys_previous until `eventline rotate-key` says that it is no longer needed"
            )
        if not verify_check_value(configured[key.id], key.check_value):
            return (
                f"the stored check value of the encryption key {key.id} is damaged; restore the table encryption_keys"
            )
    return None

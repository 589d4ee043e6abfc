"""Passwords are verified by what was stored with them, also those of the original, which are then hashed anew."""

import hashlib

import pytest
from argon2 import PasswordHasher, extract_parameters

from eventline_common.crypto import passwords
from eventline_common.crypto.passwords import (
    hash_password,
    import_pbkdf2_hash,
    needs_rehash,
    verify_password,
)

PASSWORD = "correct horse é 🐎"


def test_a_password_is_verified_against_its_hash() -> None:
    stored = hash_password(PASSWORD)
    assert verify_password(stored, PASSWORD)
    assert not verify_password(stored, PASSWORD + " ")
    assert not verify_password(stored, "")


def test_the_same_password_never_looks_the_same() -> None:
    assert hash_password(PASSWORD) != hash_password(PASSWORD)


def test_the_hash_names_its_parameters_which_stay_within_the_recommendation() -> None:
    stored = hash_password(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=")
    parameters = extract_parameters(stored)
    assert 19 * 1024 <= parameters.memory_cost <= 47 * 1024
    assert parameters.time_cost >= 2
    assert not needs_rehash(stored)


def test_a_weaker_hash_is_verified_and_to_be_replaced() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    assert verify_password(weak, PASSWORD)
    assert needs_rehash(weak)


def test_a_hash_of_the_original_is_verified_and_to_be_replaced() -> None:
    salt = bytes(range(32))
    stored = import_pbkdf2_hash(salt, hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, 350_000))
    assert stored.startswith("$pbkdf2-sha256$i=350000$")
    assert verify_password(stored, PASSWORD)
    assert not verify_password(stored, "wrong")
    assert needs_rehash(stored)


def test_an_unknown_account_costs_as_much_as_a_wrong_password_and_is_never_right() -> None:
    assert not verify_password(None, "")
    assert not verify_password(None, PASSWORD)
    assert extract_parameters(passwords._NOBODY) == extract_parameters(hash_password(PASSWORD))


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "plain",
        "$argon2id$v=19$m=1",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$pbkdf2-sha256$i=0$AAAA$AAAA",
        "$pbkdf2-sha256$i=99999999$AAAA$AAAA",
        "$pbkdf2-sha256$i=1$A$AAAA",
        "$pbkdf2-sha256$i=1$AAAA",
    ],
)
def test_what_is_no_hash_is_an_error_and_never_a_match(stored: str) -> None:
    with pytest.raises(ValueError, match="the stored password hash cannot be read"):
        verify_password(stored, "")

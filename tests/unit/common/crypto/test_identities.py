"""What identities hold survives the trip to the database, and nothing that was touched on the way passes for it."""

import os
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st

from eventline_common.crypto.identities import (
    IdentityCipher,
    TamperedIdentity,
    UndecryptableIdentity,
    check_value,
    key_id,
    verify_check_value,
)

OLD, NEW = b"o" * 32, b"n" * 32
CONTEXT = "27char-identity-id"
DATA = b'{"key":"secret"}'


def encrypted_by_the_original(plain: bytes, *, key: bytes = OLD) -> bytes:
    """What v1.1.2 stores: a random IV, then AES-256-CBC with PKCS#7 padding (identities-connectors.md, section 4)."""
    iv = os.urandom(16)
    padding = 16 - len(plain) % 16
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    return iv + encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()


@pytest.fixture
def cipher() -> IdentityCipher:
    return IdentityCipher(NEW)


@given(plain=st.binary(max_size=200), context=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_what_is_encrypted_can_be_decrypted_in_the_same_place(plain: bytes, context: str) -> None:
    cipher = IdentityCipher(NEW)
    assert cipher.decrypt(cipher.encrypt(plain, context=context), context=context) == plain


def test_the_same_data_never_look_the_same(cipher: IdentityCipher) -> None:
    assert cipher.encrypt(DATA, context=CONTEXT) != cipher.encrypt(DATA, context=CONTEXT)
    assert b"secret" not in cipher.encrypt(DATA, context=CONTEXT)


def test_any_changed_byte_is_noticed(cipher: IdentityCipher) -> None:
    stored = cipher.encrypt(DATA, context=CONTEXT)
    for position in range(len(stored)):
        changed = bytearray(stored)
        changed[position] ^= 1
        with pytest.raises(UndecryptableIdentity):
            cipher.decrypt(bytes(changed), context=CONTEXT)


@given(
    plain=st.binary(max_size=100),
    place=st.floats(min_value=0, max_value=1, exclude_max=True),
    change=st.integers(min_value=1, max_value=255),
)
def test_no_byte_can_be_changed_into_any_other(plain: bytes, place: float, change: int) -> None:
    cipher = IdentityCipher(NEW)
    stored = bytearray(cipher.encrypt(plain, context=CONTEXT))
    stored[int(place * len(stored))] ^= change
    with pytest.raises(UndecryptableIdentity):
        cipher.decrypt(bytes(stored), context=CONTEXT)


@pytest.mark.parametrize(
    "change",
    [
        lambda stored: stored[:-1],
        lambda stored: stored[:-16],
        lambda stored: stored + b"\0" * 16,
        lambda stored: stored[13:],
        lambda stored: stored[13:-32],
        lambda stored: stored[:40],
        lambda _stored: b"",
        lambda _stored: b"EVL\0\x01",
    ],
)
def test_cut_and_extended_values_are_refused(cipher: IdentityCipher, change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(UndecryptableIdentity):
        cipher.decrypt(change(cipher.encrypt(DATA, context=CONTEXT)), context=CONTEXT)


def test_data_of_one_identity_are_not_those_of_another(cipher: IdentityCipher) -> None:
    stored = cipher.encrypt(DATA, context="one")
    with pytest.raises(TamperedIdentity, match="were changed, or belong to another identity"):
        cipher.decrypt(stored, context="another")


def test_a_missing_key_is_named_with_those_at_hand() -> None:
    stored = IdentityCipher(OLD).encrypt(DATA, context=CONTEXT)
    with pytest.raises(UndecryptableIdentity) as raised:
        IdentityCipher(NEW).decrypt(stored, context=CONTEXT)
    assert f"encrypted with the key {key_id(OLD)}, which is not configured" in str(raised.value)
    assert f"configured keys: {key_id(NEW)}" in str(raised.value)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 23, 24, 25])
def test_values_of_the_original_are_read(size: int) -> None:
    plain = b'{"k":"' + b"x" * size + b'"}'
    assert IdentityCipher(OLD).decrypt(encrypted_by_the_original(plain), context=CONTEXT) == plain
    assert IdentityCipher(NEW, [OLD]).decrypt(encrypted_by_the_original(plain), context=CONTEXT) == plain


def test_a_known_value_of_the_original_is_read() -> None:
    stored = bytes.fromhex(
        "000102030405060708090a0b0c0d0e0f09052af298bc51160c98f0529b4078582b7df1716fac5bcaa03daa2262aad5ea"
    )
    assert IdentityCipher(bytes(range(32))).decrypt(stored, context=CONTEXT) == DATA


def test_values_of_the_original_under_another_key_are_refused_with_advice() -> None:
    for _ in range(600):  # a wrong key yields a valid padding once in 256 times
        with pytest.raises(UndecryptableIdentity, match="Former keys go to encryption_keys_previous"):
            IdentityCipher(NEW).decrypt(encrypted_by_the_original(DATA), context=CONTEXT)


def test_rotation_brings_every_value_to_the_current_key() -> None:
    rotating = IdentityCipher(NEW, [OLD])
    for stored in (encrypted_by_the_original(DATA), IdentityCipher(OLD).encrypt(DATA, context=CONTEXT)):
        assert rotating.needs_rotation(stored)
        rotated = rotating.rotate(stored, context=CONTEXT)
        assert not rotating.needs_rotation(rotated)
        assert IdentityCipher(NEW).decrypt(rotated, context=CONTEXT) == DATA


def test_rotation_does_not_launder_a_changed_value() -> None:
    stored = IdentityCipher(OLD).encrypt(DATA, context=CONTEXT)
    with pytest.raises(TamperedIdentity):
        IdentityCipher(NEW, [OLD]).rotate(stored, context="another")


def test_the_current_key_comes_first_even_if_it_is_listed_again() -> None:
    assert IdentityCipher(NEW, [OLD, NEW]).key_ids == (key_id(NEW), key_id(OLD))


def test_a_key_is_recognised_by_its_check_value() -> None:
    assert verify_check_value(NEW, check_value(NEW))
    assert not verify_check_value(OLD, check_value(NEW))
    assert not verify_check_value(NEW, b"")
    assert len(check_value(NEW)) == 32
    assert check_value(NEW).hex()[:16] != key_id(NEW)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"an encryption key has 32 bytes, not {size}"):
        IdentityCipher(b"x" * size)
    with pytest.raises(ValueError, match="32 bytes"):
        check_value(b"x" * size)

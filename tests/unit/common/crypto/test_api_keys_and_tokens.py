"""API keys and tokens are random; only their hashes are stored."""

import hashlib
import uuid

from eventline_common.crypto.api_keys import hash_api_key, new_api_key
from eventline_common.crypto.tokens import hash_token, new_token, same_token


def test_an_api_key_is_a_new_random_uuid() -> None:
    keys = {new_api_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(uuid.UUID(key).version == 4 and str(uuid.UUID(key)) == key for key in keys)


def test_an_api_key_is_stored_as_the_sha_256_of_its_text_as_in_the_original() -> None:
    key = "e2b4d1a8-6f0c-4b7e-9a3d-5c1f2e8b7a60"
    assert hash_api_key(key) == hashlib.sha256(key.encode()).digest()


def test_a_key_that_no_client_could_have_got_is_only_unknown() -> None:
    assert hash_api_key("\ud800 é") not in {hash_api_key(""), hash_api_key(" é")}


def test_tokens_are_random_and_may_stand_in_cookies() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)
    assert len({hash_token(token) for token in tokens}) == 100


def test_tokens_are_compared_whole() -> None:
    token = new_token()
    assert same_token(token, str(token))
    assert not same_token(token, token[:-1])
    assert not same_token("", token)
    assert not same_token("é", "e")

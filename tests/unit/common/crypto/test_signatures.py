"""Signatures of bodies, as GitHub documents them."""

import pytest

from eventline_common.crypto.signatures import is_signed, sign

# docs.github.com, "Validating webhook deliveries", section "Testing the webhook payload validation".
SECRET, BODY = b"It's a Secret to Everybody", b"Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_the_example_of_github_is_signed_like_that() -> None:
    assert sign(BODY, SECRET) == SIGNATURE
    assert is_signed(BODY, SIGNATURE, SECRET)


def test_the_case_of_the_digits_and_spaces_around_do_not_matter() -> None:
    assert is_signed(BODY, f" {SIGNATURE.upper()} ", SECRET)


@pytest.mark.parametrize(
    ("body", "signature", "secret"),
    [
        (BODY + b" ", SIGNATURE, SECRET),
        (BODY, SIGNATURE[:-1], SECRET),
        (BODY, SIGNATURE.removeprefix("sha256="), SECRET),
        (BODY, SIGNATURE.replace("sha256", "sha1"), SECRET),
        (BODY, "", SECRET),
        (BODY, "sha256=é", SECRET),
        (BODY, SIGNATURE, b"another secret"),
        (BODY, sign(BODY, b""), b""),
    ],
)
def test_everything_else_is_not_signed(body: bytes, signature: str, secret: bytes) -> None:
    assert not is_signed(body, signature, secret)

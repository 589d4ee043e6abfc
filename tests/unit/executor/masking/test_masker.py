"""No form of a secret is shown, wherever the output is cut, and nothing else is hidden."""

import base64
import html
import json
import random
import re
import shlex
import textwrap
import urllib.parse
from collections.abc import Callable, Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eventline_executor.masking.masker import MASK, Masker, mask_text
from eventline_executor.masking.secrets import Secrets
from eventline_executor.masking.variants import PIECE, SHORTEST_SECRET

SECRET = "s3cr3t/Pass+word&<ü>'\"$x"
RAW = SECRET.encode()

ENCODINGS: Mapping[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "base64": lambda s: base64.b64encode(s.encode()),
    "base64 behind one byte": lambda s: base64.b64encode(b"x" + s.encode() + b"yz"),
    "base64 behind two bytes": lambda s: base64.b64encode(b"xy" + s.encode() + b"z"),
    "base64 of a header": lambda s: base64.b64encode(b"admin:" + s.encode()),
    "base64 for URLs": lambda s: base64.urlsafe_b64encode(b"xy" + s.encode()),
    "base32": lambda s: base64.b32encode(b"abc" + s.encode()),
    "hexadecimal": lambda s: s.encode().hex().encode(),
    "hexadecimal, upper case": lambda s: s.encode().hex().upper().encode(),
    "hexadecimal with spaces": lambda s: s.encode().hex(" ").encode(),
    "hexadecimal with colons": lambda s: s.encode().hex(":").encode(),
    "C escapes": lambda s: "".join(f"\\x{byte:02x}" for byte in s.encode()).encode(),
    "URL": lambda s: urllib.parse.quote(s, safe="").encode(),
    "URL, lower case": lambda s: re.sub("%..", lambda found: found[0].lower(), urllib.parse.quote(s, safe="")).encode(),
    "URL, path": lambda s: urllib.parse.quote(s).encode(),
    "URL, form": lambda s: urllib.parse.quote_plus(s).encode(),
    "URL, every byte": lambda s: "".join(f"%{byte:02X}" for byte in s.encode()).encode(),
    "JSON": lambda s: json.dumps(s).encode(),
    "JSON with characters": lambda s: json.dumps(s, ensure_ascii=False).encode(),
    "JSON with escaped slashes": lambda s: json.dumps(s).replace("/", "\\/").encode(),
    "JSON as Go writes it": lambda s: (
        json.dumps(s, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    ).encode(),
    "JSON in JSON": lambda s: json.dumps(json.dumps(s)).encode(),
    "markup": lambda s: html.escape(s).encode(),
    "shell": lambda s: shlex.quote(s).encode(),
    "Python": lambda s: repr(s).encode(),
    "reversed": lambda s: s[::-1].encode(),
    "UTF-16": lambda s: s.encode("utf-16-le"),
}
SAFE = b"before "
AFTER = b" after\n"


def masked(secrets: Secrets, *chunks: bytes) -> bytes:
    masker = Masker(secrets)
    return b"".join(masker.feed(chunk) for chunk in chunks) + masker.finish()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_hidden_at_every_cut(encoding: str) -> None:
    written = ENCODINGS[encoding](SECRET)
    text, secrets = SAFE + written + AFTER, Secrets([SECRET])

    whole = masked(secrets, text)

    assert whole.startswith(SAFE) and whole.endswith(AFTER)
    assert MASK in whole
    assert_hidden(written, whole)
    for cut in range(len(text) + 1):
        assert masked(secrets, text[:cut], text[cut:]) == whole
    assert masked(secrets, *(bytes([byte]) for byte in text)) == whole


def assert_hidden(written: bytes, shown: bytes) -> None:
    """What is left next to the mask is what the encoding adds around the secret."""
    left = shown.removeprefix(SAFE).removesuffix(AFTER).split(MASK)
    assert sum(map(len, left)) <= 9, left
    assert written not in shown


@pytest.mark.parametrize("width", [1, 5, 17, 76])
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_a_secret_is_hidden_however_its_lines_are_wrapped(width: int, line_break: str) -> None:
    wrapped = line_break.join(textwrap.wrap(base64.b64encode(RAW * 4).decode(), width)).encode()
    secrets = Secrets([SECRET * 4])

    for cut in range(len(wrapped) + 1):
        assert masked(secrets, b"> " + wrapped[:cut], wrapped[cut:] + b"\nend\n") == b"> ***\nend\n"


KEY = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    + base64.encodebytes(random.Random(1).randbytes(1200)).decode()
    + "-----END OPENSSH PRIVATE KEY-----\n"
)


def test_the_lines_of_a_key_are_hidden_together_and_alone() -> None:
    secrets = Secrets([KEY])
    lines = KEY.splitlines()

    assert masked(secrets, KEY.encode()).count(b"\n") <= 2
    for line in lines[1:-2]:
        assert masked(secrets, f"line: {line}\n".encode()) == b"line: ***\n"
    shown = masked(secrets, base64.b64encode(KEY.encode()))
    assert len(shown.replace(MASK, b"")) < 4


def test_pieces_of_a_key_are_hidden() -> None:
    body = "".join(KEY.splitlines()[1:-1])

    shown = masked(Secrets([KEY]), body[: len(body) // 2].encode())

    assert len(shown.replace(MASK, b"")) < 2 * PIECE


def test_several_secrets_that_overlap_leave_nothing() -> None:
    secrets = Secrets(["abcdefgh", "efghijkl", "abcdefghij"])

    assert masked(secrets, b"<abcdefghijkl>") == b"<***>"
    assert masked(secrets, b"<abcdefgh", b"ijkl>") == b"<***>"


def test_what_repeats_without_end_needs_no_memory() -> None:
    masker = Masker(Secrets(["aaaa"]))

    shown = [masker.feed(b"a" * 10_000) for _ in range(100)]

    assert b"".join(shown) == MASK
    assert masker.undecided == 0
    assert masker.feed(b"!") == b"!"


def test_endless_line_breaks_inside_a_secret_need_no_memory() -> None:
    masker = Masker(Secrets([SECRET]))
    masker.feed(RAW[:10])

    for _ in range(20):
        masker.feed(b"\n" * 10_000)

    assert masker.undecided < 100_000


def test_a_short_value_is_no_secret() -> None:
    assert not Secrets(["abc", "", "  x  "])
    assert Secrets(["x" * SHORTEST_SECRET])


def test_the_line_break_at_the_end_of_a_secret_is_none_of_it() -> None:
    assert masked(Secrets([SECRET + "\n"]), RAW + b"!") == b"***!"


def test_what_waits_is_shown_when_it_tells_nothing() -> None:
    masker = Masker(Secrets([SECRET]))

    assert masker.feed(b"Password: s3") == b"Password: "
    assert masker.show_short() == b"s3"
    assert masker.feed(RAW[2:] + b"!") == b"***!"


def test_what_waits_stays_hidden_when_it_tells_much() -> None:
    masker = Masker(Secrets([SECRET]))

    assert masker.feed(b"> " + RAW[:9]) == b"> "
    assert masker.show_short() == b""
    assert masker.finish() == MASK


def test_texts_are_masked_whole() -> None:
    secrets = Secrets([SECRET])

    assert mask_text(secrets, f'cannot run "{SECRET}": no such file') == 'cannot run "***": no such file'
    assert mask_text(secrets, "nothing to hide") == "nothing to hide"


def told(shown: bytes) -> bytes:
    """What a reader learns: where lines break, and whether a secret is one mask or two, tells nothing."""
    return re.sub(rb"(\*\*\*)+", MASK, shown.replace(b"\n", b"").replace(b"\r", b""))


ALPHABET = st.sampled_from([b"a", b"b", b"ab", b"\n", b"\r\n", b"c"])


@example(secret="aaba", chunks=[b"abaab", b"a"])
@given(secret=st.text("ab", min_size=4, max_size=7), chunks=st.lists(st.lists(ALPHABET).map(b"".join), max_size=12))
def test_cuts_never_change_what_is_hidden(secret: str, chunks: list[bytes]) -> None:
    secrets = Secrets([secret])
    text = b"".join(chunks)

    shown = masked(secrets, *chunks)

    assert told(shown) == told(masked(secrets, text))
    assert secret.encode() not in shown.replace(MASK, b"*")


@given(st.binary(max_size=500), st.integers(0, 500))
def test_what_holds_no_secret_passes_unchanged(text: bytes, cut: int) -> None:
    secrets = Secrets(["correct horse battery staple"])

    assert masked(secrets, text[:cut], text[cut:]) == text

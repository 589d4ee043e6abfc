"""What token endpoints answer, in all the forms that are found in the world."""

from datetime import UTC, datetime

import orjson
import pytest

from eventline_common.http.outgoing import Answer
from eventline_common.oauth2.errors import OAuth2Error, provider_error
from eventline_common.oauth2.tokens import Tokens, next_refresh, read_tokens, with_tokens

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GENERIC, GITHUB = ("generic", "oauth2"), ("github", "oauth2")
BOT, USER = ("slack", "oauth2_bot"), ("slack", "oauth2_user")
WEBHOOK = {"channel": "#general", "channel_id": "C1", "url": "https://hooks.slack.com/x"}
WEBHOOK_FIELDS = {"incoming_webhook_channel": "#general", "incoming_webhook_uri": "https://hooks.slack.com/x"}


def answer(document: object, *, status: int = 200, content_type: str = "application/json") -> Answer:
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    return Answer(status, {"content-type": content_type}, body)


@pytest.mark.parametrize(
    ("kind", "document", "tokens"),
    [
        (GENERIC, {"access_token": "a", "token_type": "bearer"}, Tokens("a", None, 0)),
        (GENERIC, {"access_token": "a", "refresh_token": "r", "expires_in": 60}, Tokens("a", "r", 60)),
        (GENERIC, {"access_token": "a", "expires_in": "3600"}, Tokens("a", None, 3600)),
        (GENERIC, {"access_token": "a", "expires_in": 59.9}, Tokens("a", None, 59)),
        (GENERIC, {"access_token": "a", "expires_in": -1}, Tokens("a", None, 0)),
        (GENERIC, {"access_token": "a", "expires_in": True}, Tokens("a", None, 0)),
        (GENERIC, {"access_token": "a", "expires_in": None, "refresh_token": None}, Tokens("a", None, 0)),
        (GENERIC, {"access_token": "a", "expires_in": 10**18}, Tokens("a", None, 0)),
        (GITHUB, {"access_token": "gho_1", "scope": "repo", "token_type": "bearer"}, Tokens("gho_1", None, 0)),
        (BOT, {"access_token": "xoxb", "incoming_webhook": WEBHOOK}, Tokens("xoxb", None, 0, WEBHOOK_FIELDS)),
        (
            USER,
            {
                "ok": True, "access_token": "xoxb", "token_type": "bot",
                "authed_user": {"id": "U", "access_token": "xoxp", "refresh_token": "r", "expires_in": 43200},
            },
            Tokens("xoxp", "r", 43200),
        ),
        (USER, {"ok": True, "access_token": "xoxp", "token_type": "user", "expires_in": 9}, Tokens("xoxp", None, 9)),
    ],
)  # fmt: skip
def test_tokens_are_found_where_the_provider_puts_them(kind: tuple[str, str], document: object, tokens: Tokens) -> None:
    assert read_tokens(kind, answer(document), place="p") == tokens


def test_a_form_is_read_too() -> None:
    form = answer(b"access_token=a%2Bb&scope=repo&expires_in=60", content_type="application/x-www-form-urlencoded; x")

    assert read_tokens(GITHUB, form, place="p") == Tokens("a+b", None, 60)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (
            GITHUB,
            answer({"error": "bad_verification_code", "error_description": "The code is incorrect or expired."}),
            "bad_verification_code: The code is incorrect or expired.",
        ),
        (BOT, answer({"ok": False, "error": "invalid_code"}), "invalid_code"),
        (
            USER,
            answer({"ok": True, "access_token": "xoxb", "token_type": "bot", "authed_user": {"id": "U"}}),
            "without",
        ),
        (GENERIC, answer({"error": "invalid_grant"}, status=400), "invalid_grant"),
        (GENERIC, answer({"token_type": "bearer"}), "the token endpoint p answered without an access token"),
        (GENERIC, answer({"access_token": 1}), "the token endpoint p answered without an access token"),
        (GENERIC, answer({"access_token": "a"}, status=500), "the token endpoint p answered with status 500"),
        (GENERIC, answer(b"<h1>"), "the token endpoint p answered with status 200 and no JSON object"),
        (GENERIC, answer([]), "the token endpoint p answered with status 200 and no JSON object"),
    ],
)
def test_what_is_no_token_is_told(kind: tuple[str, str], given: Answer, message: str) -> None:
    with pytest.raises(OAuth2Error) as caught:
        read_tokens(kind, given, place="p")

    assert message in str(caught.value)


def test_what_a_provider_says_is_one_line_of_bounded_length() -> None:
    assert str(provider_error("bad", "one\r\ntwo\x1b[31m  three")) == "bad: one two [31m three"
    assert len(str(provider_error("x" * 10_000, None))) == 500
    assert str(provider_error(None, {})) == "the provider reported an error without a name"


def test_new_tokens_replace_old_ones_and_keep_everything_else() -> None:
    data: dict[str, object] = {"client_id": "c", "access_token": "old", "refresh_token": "r", "expiration_time": "then"}

    timeless = with_tokens(data, Tokens("new", None, 0), now=NOW)
    expiring = with_tokens(data, Tokens("new", "s", 60, WEBHOOK_FIELDS), now=NOW)

    assert timeless == {"client_id": "c", "access_token": "new", "refresh_token": "r", "ttl": 0}
    assert expiring == {
        "client_id": "c",
        "access_token": "new",
        "refresh_token": "s",
        "ttl": 60,
        "expiration_time": "2026-01-01T00:01:00Z",
        **WEBHOOK_FIELDS,
    }
    assert next_refresh(timeless, now=NOW) is None
    assert next_refresh(expiring, now=NOW) == NOW.replace(second=30)

"""What people read, in each part of a mail and in Slack."""

from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from eventline_common.domain.notifications import NotificationKind as Kind
from eventline_notifier.channels.channel import Undeliverable
from eventline_notifier.channels.mail import MailSettings, compose
from eventline_notifier.channels.slack import slack_text
from eventline_notifier.texts import format_duration, last_lines, text_of

from .messages import EXECUTION, FAILED, NOT_REFRESHED, NOW, TARGET, message_of

WEB = "http://localhost:8087"

SETTINGS = MailSettings(
    host="localhost",
    port=25,
    username="",
    password="",
    from_address="no-reply@localhost",
    subject_prefix="[eventline] ",
    signature="Sent by <Eventline>.",
    web_uri="http://localhost:8087/",
)


class Page(HTMLParser):
    """What a reader of the markup sees: its words, its links, and every element that there is."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.words, self.links, self.elements = "", list[str](), set[str]()
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words += data


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    content = body.get_content()
    assert isinstance(content, str)
    return content


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (Kind.JOB_SUCCESSFUL, 'Job "deploy" has succeeded'),
        (Kind.JOB_FAILED, 'Job "deploy" has failed'),
        (Kind.JOB_ABORTED, 'Job "deploy" has been aborted'),
        (Kind.MISSED_RUN, 'Job "deploy" did not run'),
        (Kind.IDENTITY_REFRESH_ERROR, "identity refresh error"),
        (Kind.TEST, "test notification"),
    ],
)
def test_the_subject_says_what_happened_to_what(kind: Kind, subject: str) -> None:
    execution = EXECUTION if kind.value.startswith("job_") else None
    assert text_of(message_of(replace(FAILED, kind=kind, execution=execution)), web_uri=WEB).subject == subject


def test_the_mail_of_a_failed_job_tells_what_why_how_long_and_where_to_look() -> None:
    mail = compose(message_of(), SETTINGS, now=NOW)

    assert part(mail, "plain").splitlines() == [
        'Job "deploy" has failed.',
        "",
        "Cannot execute step 1: program exited with status 1.",
        "",
        "Job:      deploy",
        "Project:  main",
        "Status:   failed",
        "Started:  2026-01-01T00:00:00Z",
        "Ended:    2026-01-01T00:03:05Z",
        "Duration: 3 min 5 s",
        "",
        "Last lines of the output:",
        "",
        "    one",
        "    two",
        "",
        f"http://localhost:8087/job_executions/id/{'4' * 27}",
        "",
        "--",
        "Sent by <Eventline>.",
    ]


def test_both_parts_of_a_mail_say_the_same() -> None:
    mail = compose(message_of(), SETTINGS, now=NOW)

    page = Page(part(mail, "html"))

    for words in ("Cannot execute step 1", "deploy", "main", "failed", "3 min 5 s", "one\ntwo", "Sent by <Eventline>."):
        assert words in page.words
    assert page.links == [f"http://localhost:8087/job_executions/id/{'4' * 27}"]


def test_the_headers_name_sender_recipients_and_subject() -> None:
    mail = compose(message_of(), SETTINGS, now=NOW)

    assert str(mail["From"]) == "Eventline <no-reply@localhost>"
    assert str(mail["To"]) == "Bob <bob@example.com>, alice@example.com"
    assert str(mail["Subject"]) == '[eventline] Job "deploy" has failed'
    assert mail["Date"].datetime == NOW
    assert str(mail["Message-ID"]) == f"<{'1' * 27}@eventline>"


@pytest.mark.parametrize("where", ["failure_message", "output", "signature", "project", "error"])
def test_nothing_in_the_html_part_is_markup_that_somebody_wrote(where: str) -> None:
    attack = '<script>alert(1)</script><img src=x onerror="x">'
    execution = EXECUTION
    if where == "failure_message":
        execution = replace(EXECUTION, failure_message=attack)
    if where == "output":
        execution = replace(EXECUTION, output=attack)
    notification = replace(FAILED, execution=execution)
    if where == "error":
        notification = replace(NOT_REFRESHED, details={"error": attack})
    target = replace(TARGET, name=attack) if where == "project" else TARGET
    settings = replace(SETTINGS, signature=attack) if where == "signature" else SETTINGS

    markup = part(compose(message_of(notification, target=target), settings, now=NOW), "html")

    page = Page(markup)
    assert page.elements.isdisjoint({"script", "img"})
    assert attack in page.words


def test_without_a_signature_there_is_no_line_of_dashes() -> None:
    mail = compose(message_of(), replace(SETTINGS, signature=""), now=NOW)

    assert "--" not in part(mail, "plain")


@pytest.mark.parametrize("recipients", [(), ("bob@example.com\r\nBcc: eve@example.com",)])
def test_a_mail_without_a_proper_recipient_cannot_be_delivered(recipients: tuple[str, ...]) -> None:
    with pytest.raises(Undeliverable):
        compose(message_of(target=replace(TARGET, email_addresses=recipients)), SETTINGS, now=NOW)


def test_a_line_feed_in_what_becomes_the_subject_is_no_second_header() -> None:
    mail = compose(message_of(replace(FAILED, job_name="a\nBcc: eve@example.com")), SETTINGS, now=NOW)

    assert mail["Bcc"] is None


def test_an_identity_that_cannot_be_refreshed_is_named_with_the_error_and_a_link() -> None:
    text = text_of(message_of(NOT_REFRESHED), web_uri=WEB)

    assert text.paragraphs[:2] == ('The identity "my-token" could not be refreshed.', "Invalid_grant.")
    assert text.link == f"{WEB}/identities/id/{'6' * 27}"


def test_a_digest_counts_everything_lists_the_first_and_links_each() -> None:
    mail = compose(message_of(FAILED, NOT_REFRESHED, more=40), SETTINGS, now=NOW)

    subject = '[eventline] project "main": 41 job executions have failed, 1 identity refresh error'
    page = Page(part(mail, "html"))
    assert str(mail["Subject"]) == subject
    assert page.links == [f"{WEB}/job_executions/id/{'4' * 27}", f"{WEB}/identities/id/{'6' * 27}"]
    for words in (page.words, part(mail, "plain")):
        assert 'Job "deploy" has failed: cannot execute step 1' in words
        assert "and 40 more." in words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (59.9, "59.9 s"), (185, "3 min 5 s"), (7500, "2 h 5 min"), (273_600, "3 d 4 h"), (-1, "0.0 s")],
)
def test_durations_are_written_for_people(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_the_end_of_an_output_has_twenty_lines_and_nothing_that_a_terminal_obeys() -> None:
    lines = [f"{number}\x1b[31m red\x1b[0m\x07\x1b]0;title\x07" for number in range(50)]

    assert last_lines("\r\n".join(lines) + "\n") == "\n".join(f"{number} red" for number in range(30, 50))


def test_slack_gets_the_same_with_its_own_characters_escaped() -> None:
    notification = replace(FAILED, execution=replace(EXECUTION, failure_message="<!channel> & more"))

    text = slack_text(text_of(message_of(notification), web_uri=WEB))

    assert text.startswith('*Job "deploy" has failed*\n')
    assert "&lt;!channel&gt; &amp; more" in text
    assert "<!channel>" not in text
    assert "```one\ntwo```" in text
    assert f"<{WEB}/job_executions/id/{'4' * 27}>" in text


def test_what_was_restarted_meanwhile_is_told_without_an_end() -> None:
    restarted = replace(FAILED, execution=replace(EXECUTION, start_time=None, end_time=None, failure_message=None))

    text = text_of(message_of(restarted), web_uri=WEB)

    assert [label for label, _ in text.facts] == ["Job", "Project", "Status"]


def test_an_execution_that_never_started_has_no_times() -> None:
    aborted = replace(FAILED, kind=Kind.JOB_ABORTED, execution=replace(EXECUTION, start_time=None, end_time=None))
    running = replace(FAILED, execution=replace(EXECUTION, end_time=NOW + timedelta(days=3, hours=4)))

    assert ("Status", "aborted") in text_of(message_of(aborted), web_uri=WEB).facts
    assert ("Duration", "3 d 4 h") in text_of(message_of(running), web_uri=WEB).facts

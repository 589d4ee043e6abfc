from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from eventline_common.ids import ExecutionId, JobId, NotificationId, ProjectId
from eventline_notifier.channels.mail import MailSettings, Undeliverable, compose
from eventline_notifier.domain import Kind, Notification, after_failure, text_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)

FAILED = Notification(
    id=NotificationId("1" * 27),
    project_id=ProjectId("2" * 27),
    kind=Kind.JOB_FAILED,
    recipients=("Bob <bob@example.com>", "alice@example.com"),
    job_id=JobId("3" * 27),
    job_name="deploy",
    job_execution_id=ExecutionId("4" * 27),
    failure_message="cannot execute step 1: program exited with status 1",
    identity_id=None,
    identity_name=None,
    details={},
    creation_time=NOW,
    delivery_attempts=1,
)

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


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (Kind.JOB_SUCCESSFUL, 'Job "deploy" has succeeded'),
        (Kind.JOB_FAILED, 'Job "deploy" has failed'),
        (Kind.JOB_ABORTED, 'Job "deploy" has been aborted'),
        (Kind.MISSED_RUN, 'Job "deploy" has missed a run'),
        (Kind.IDENTITY_REFRESH_ERROR, "identity refresh error"),
    ],
)
def test_the_subject_says_what_happened_to_what(kind: Kind, subject: str) -> None:
    assert text_of(replace(FAILED, kind=kind), web_uri="http://localhost:8087").subject == subject


def test_the_mail_of_a_failed_job_tells_why_and_where_to_look() -> None:
    message = compose(FAILED, SETTINGS, now=NOW)

    plain = message.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().splitlines() == [
        'Job "deploy" has failed.',
        "",
        "Cannot execute step 1: program exited with status 1.",
        "",
        f"http://localhost:8087/job_executions/id/{'4' * 27}",
        "",
        "--",
        "Sent by <Eventline>.",
    ]


def test_the_headers_name_sender_recipients_and_subject() -> None:
    message = compose(FAILED, SETTINGS, now=NOW)

    assert str(message["From"]) == "Eventline <no-reply@localhost>"
    assert str(message["To"]) == "Bob <bob@example.com>, alice@example.com"
    assert str(message["Subject"]) == '[eventline] Job "deploy" has failed'
    assert message["Date"].datetime == NOW


def test_nothing_in_the_html_part_is_markup_that_somebody_wrote() -> None:
    message = compose(replace(FAILED, failure_message="<script>alert(1)</script>"), SETTINGS, now=NOW)

    html = message.get_body(("html",))
    assert html is not None
    text = html.get_content()
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "Sent by &lt;Eventline&gt;." in text


def test_without_a_signature_there_is_no_line_of_dashes() -> None:
    message = compose(FAILED, replace(SETTINGS, signature=""), now=NOW)

    plain = message.get_body(("plain",))
    assert plain is not None
    assert "--" not in plain.get_content()


@pytest.mark.parametrize("recipients", [(), ("bob@example.com\r\nBcc: eve@example.com",)])
def test_a_mail_without_a_proper_recipient_cannot_be_delivered(recipients: tuple[str, ...]) -> None:
    with pytest.raises(Undeliverable):
        compose(replace(FAILED, recipients=recipients), SETTINGS, now=NOW)


def test_an_identity_that_cannot_be_refreshed_is_named_with_the_error() -> None:
    notification = replace(
        FAILED, kind=Kind.IDENTITY_REFRESH_ERROR, identity_name="my-token", details={"error": "invalid_grant"}
    )

    text = text_of(notification, web_uri="http://localhost:8087")

    assert text.paragraphs[:2] == ('The identity "my-token" could not be refreshed.', "Invalid_grant.")


def test_a_delivery_is_tried_again_after_5_10_20_40_and_then_every_60_seconds() -> None:
    delays = [
        after_failure(replace(FAILED, delivery_attempts=attempts), now=NOW).time for attempts in (1, 2, 3, 4, 5, 6, 500)
    ]

    assert delays == [NOW + timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 60, 60, 60)]


def test_after_a_day_a_delivery_is_given_up() -> None:
    assert after_failure(FAILED, now=NOW + timedelta(hours=24) - timedelta(seconds=1)).time is not None
    assert after_failure(FAILED, now=NOW + timedelta(hours=24)).time is None

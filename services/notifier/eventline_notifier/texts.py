"""What people are told, in words, whatever the channel."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventline_common.domain.notifications import NotificationKind as Kind
from eventline_common.times import format_time
from eventline_notifier.domain import Execution, Message, Notification

_OUTPUT_LINES = 20
_LINE_LENGTH = 500
# Control sequences of terminals (ECMA-48), then every other control character but the line feed and the tab.
_CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)|[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_STATUS: Mapping[Kind, str] = {
    Kind.JOB_SUCCESSFUL: "successful",
    Kind.JOB_FAILED: "failed",
    Kind.JOB_ABORTED: "aborted",
}

_COUNTED: Mapping[Kind, tuple[str, str]] = {
    Kind.JOB_SUCCESSFUL: ("job execution has succeeded", "job executions have succeeded"),
    Kind.JOB_FAILED: ("job execution has failed", "job executions have failed"),
    Kind.JOB_ABORTED: ("job execution has been aborted", "job executions have been aborted"),
    Kind.IDENTITY_REFRESH_ERROR: ("identity refresh error", "identity refresh errors"),
    Kind.MISSED_RUN: ("run has been missed", "runs have been missed"),
    Kind.TEST: ("test notification", "test notifications"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One of many things that are told together, and where to look."""

    text: str
    link: str


@dataclass(frozen=True, slots=True)
class Text:
    """What is told: the subject without its prefix, paragraphs, facts, the end of an output, and where to look."""

    subject: str
    paragraphs: Sequence[str]
    facts: Sequence[tuple[str, str]] = ()
    output: str = ""
    link: str | None = None
    items: Sequence[Item] = ()
    more: int = 0


def text_of(message: Message, *, web_uri: str) -> Text:
    """Return the text of a message, with links below `web_uri`, which has no slash at its end."""
    if message.total > 1:
        return _digest(message, web_uri)
    [notification] = message.notifications
    return _single(message, notification, web_uri)


def link_of(notification: Notification, web_uri: str) -> str | None:
    """Return where to look (contract service-config, section 14: addresses that stay valid)."""
    if notification.execution is not None:
        return f"{web_uri}/job_executions/id/{notification.execution.id}"
    if notification.identity_id is not None:
        return f"{web_uri}/identities/id/{notification.identity_id}"
    return f"{web_uri}/jobs/id/{notification.job_id}" if notification.job_id is not None else None


def subject_of(notification: Notification) -> str:
    """Return what happened to what, as a headline (contract service-config, section 8)."""
    job = f'Job "{notification.job_name}"'
    match notification.kind:
        case Kind.JOB_SUCCESSFUL:
            return f"{job} has succeeded"
        case Kind.JOB_FAILED:
            return f"{job} has failed"
        case Kind.JOB_ABORTED:
            return f"{job} has been aborted"
        case Kind.MISSED_RUN:
            return f"{job} did not run"
        case Kind.IDENTITY_REFRESH_ERROR:
            return "identity refresh error"
        case Kind.TEST:
            return "test notification"


def format_duration(seconds: float) -> str:
    """Write a duration for people: `0.4 s`, `3 min 5 s`, `2 h 5 min`, `3 d 4 h`."""
    if seconds < 60:
        return f"{max(seconds, 0):.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def last_lines(output: str) -> str:
    """Return the last lines of an output without anything that a terminal would obey."""
    lines = _CONTROL.sub("", output.replace("\r\n", "\n").replace("\r", "\n")).rstrip("\n").split("\n")
    return "\n".join(line[:_LINE_LENGTH] for line in lines[-_OUTPUT_LINES:])


def _single(message: Message, notification: Notification, web_uri: str) -> Text:
    execution = notification.execution
    facts = [("Job", notification.job_name or ""), ("Project", message.target.name)]
    if execution is not None:
        facts += [("Status", _STATUS[notification.kind]), *_times(execution)]
    return Text(
        subject=subject_of(notification),
        paragraphs=_paragraphs(message, notification),
        facts=[(label, value) for label, value in facts if value],
        output=last_lines(execution.output) if execution is not None else "",
        link=link_of(notification, web_uri),
    )


def _paragraphs(message: Message, notification: Notification) -> Sequence[str]:
    """Say what happened in full sentences."""
    match notification.kind:
        case Kind.IDENTITY_REFRESH_ERROR:
            return (
                f'The identity "{notification.identity_name}" could not be refreshed.',
                *_sentences(notification.details.get("error")),
                "Eventline will try again. If the error persists, check the configuration of the identity.",
            )
        case Kind.MISSED_RUN:
            tick = notification.details.get("tick_time")
            return (
                f'Job "{notification.job_name}" should have run at {tick}, and did not.',
                *_sentences(notification.details.get("reason")),
            )
        case Kind.TEST:
            sender = notification.details.get("username")
            return (
                f'This is a test of the notifications of the project "{message.target.name}".',
                f"It was sent by {sender}. If you read it, notifications arrive here.",
            )
        case _:
            failure = notification.execution.failure_message if notification.execution is not None else None
            return (sentence(subject_of(notification)), *_sentences(failure))


def _digest(message: Message, web_uri: str) -> Text:
    counted = [_count(kind, message.counts[kind]) for kind in Kind if message.counts.get(kind)]
    items = [
        Item(f"{format_time(n.creation_time)} {_line(n)}", link_of(n, web_uri) or web_uri)
        for n in message.notifications
    ]
    return Text(
        subject=f'project "{message.target.name}": {", ".join(counted)}',
        paragraphs=(
            f'In the project "{message.target.name}" so much happened within a short time that it is told at once:',
            sentence(", ".join(counted)),
        ),
        items=items,
        more=message.total - len(items),
    )


def _line(notification: Notification) -> str:
    match notification.kind:
        case Kind.IDENTITY_REFRESH_ERROR:
            return f'The identity "{notification.identity_name}" could not be refreshed'
        case Kind.MISSED_RUN:
            return f"{subject_of(notification)} at {notification.details.get('tick_time')}"
        case _:
            failure = notification.execution.failure_message if notification.execution is not None else None
            return subject_of(notification) + (f": {failure.splitlines()[0][:200]}" if failure else "")


def _count(kind: Kind, count: int) -> str:
    one, many = _COUNTED[kind]
    return f"{count} {one if count == 1 else many}"


def _times(execution: Execution) -> Sequence[tuple[str, str]]:
    start, end = execution.start_time, execution.end_time
    if start is None:
        return ()
    ended = [("Ended", _second(end)), ("Duration", format_duration((end - start).total_seconds()))] if end else []
    return [("Started", _second(start)), *ended]


def _second(moment: datetime) -> str:
    return format_time(moment.replace(microsecond=0))


def _sentences(text: object) -> Sequence[str]:
    return (sentence(text),) if isinstance(text, str) and text.strip() else ()


def sentence(text: str) -> str:
    """Begin with a capital and end with a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")

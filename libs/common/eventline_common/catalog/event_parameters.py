"""The parameters that subscribing to each event takes, read, checked and normalised (contract job-spec, 10 and 11)."""

import re

from eventline_common.domain import timers
from eventline_common.domain.validation import Reader, check_name
from eventline_common.times import parse_time

LEAST_PERIOD = 30
MOST_PERIOD = 86_400

# How a sender proves who it is: not at all, by a signature of the body, or by a token; the secret is the identity's.
AUTHENTICATIONS = ("none", "hmac", "bearer")
# The ends of an execution that another job can follow.
FINAL_STATUSES = ("successful", "failed", "aborted")
MOST_HEADERS = 100
# Copying these into an event would store the secret that they carry.
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")


def read_timer(reader: Reader) -> dict[str, object]:
    """Read exactly one timer; zero minutes, seconds and hours are left out."""
    given = [kind for kind in timers.KINDS if reader.value.get(kind) is not None]
    if len(given) != 1:
        found = " and ".join(given) or "none of them"
        reader.wrong(None, "invalid_value", f"parameters must have one of {', '.join(timers.KINDS)}, not {found}")
        return {}
    kind = given[0]
    if kind == "oneshot":
        return {kind: _read_instant(reader)}
    if kind == "periodic":
        return {kind: reader.integer(kind, least=LEAST_PERIOD, most=MOST_PERIOD)}
    mark = reader.child(kind)
    return {kind: {} if mark is None else _read_mark(mark, kind)}


def _read_instant(reader: Reader) -> str:
    text = reader.text("oneshot")
    try:
        parse_time(text)
    except ValueError as error:
        reader.wrong("oneshot", "invalid_datetime", str(error))
    return text


def _read_mark(reader: Reader, kind: str) -> dict[str, object]:
    mark: dict[str, object] = {}
    if kind == "weekly":
        mark["day"] = reader.choice("day", timers.WEEK_DAYS)
    for name, most in (("hour", 23), ("minute", 59), ("second", 59)):
        if name == "hour" and kind == "hourly":
            continue
        if value := reader.integer(name, least=0, most=most):
            mark[name] = value
    return mark


def read_github(reader: Reader) -> dict[str, object]:
    """Read an organization, and the repository if there is one."""
    found: dict[str, object] = {"organization": reader.filled("organization")}
    if repository := reader.text("repository"):
        found["repository"] = repository
    return found


def read_webhook(reader: Reader) -> dict[str, object]:
    """Read how senders are authenticated, and which of their headers, in lower case, become event data."""
    found: dict[str, object] = {}
    authentication = reader.choice("authentication", AUTHENTICATIONS, default="none")
    if authentication != "none":
        found["authentication"] = authentication
    if headers := [header.lower() for header in reader.texts("headers")]:
        _check_headers(reader, headers)
        found["headers"] = list(dict.fromkeys(headers))
    return found


def _check_headers(reader: Reader, headers: list[str]) -> None:
    if len(headers) > MOST_HEADERS:
        reader.wrong("headers", "invalid_value", f"at most {MOST_HEADERS} headers can be copied, not {len(headers)}")
    place = reader.at("headers")
    for position, header in enumerate(headers):
        if not _HEADER.fullmatch(header):
            message = f'"{header[:200]}" is not the name of a header such as x-request-id'
            place.wrong(str(position), "invalid_string_format", message)
        elif header in _SECRET_HEADERS:
            message = f'header "{header}" carries a secret and cannot be copied into an event'
            place.wrong(str(position), "invalid_value", message)


def read_followed_job(reader: Reader) -> dict[str, object]:
    """Read which job, and which ends of it, are followed; every job and every end if there is nothing else said."""
    found: dict[str, object] = {}
    if job := reader.text("job"):
        check_name(job, lambda code, message: reader.wrong("job", code, message))
        found["job"] = job
    statuses = list(dict.fromkeys(reader.texts("statuses")))
    place = reader.at("statuses")
    for position, status in enumerate(reader.texts("statuses")):
        if status not in FINAL_STATUSES:
            message = f'"{status}" is not one of {", ".join(FINAL_STATUSES)}'
            place.wrong(str(position), "invalid_value", message)
    if statuses:
        found["statuses"] = statuses
    return found

"""The objects of the interface as the contract lists them: which members are always there, which may be, what they are.

`ALWAYS` members are there and not null; `SOMETIMES` members are there or not; no other member may be there.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

# Says what is wrong with a value, or nothing.
Check = Callable[[object], str | None]

_ID = re.compile(r"[0-9A-Za-z]{27}")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?Z")
_NAME = re.compile(r"[a-z0-9][a-z0-9\-_]{0,99}")


def pattern(expression: "re.Pattern[str]", kind: str) -> Check:
    """Check a string."""

    def check(value: object) -> str | None:
        fits = isinstance(value, str) and expression.fullmatch(value) is not None
        return None if fits else f"{value!r} is not {kind}"

    return check


def kind(*types: type) -> Check:
    """Check the type of a value; a boolean is no number."""

    def check(value: object) -> str | None:
        fits = isinstance(value, types) and (bool in types or not isinstance(value, bool))
        return None if fits else f"{value!r} is not of type {' or '.join(each.__name__ for each in types)}"

    return check


def one_of(*values: object) -> Check:
    """Check that a value is one of some."""
    return lambda value: None if value in values else f"{value!r} is not one of {values}"


def array_of(element: Check) -> Check:
    """Check every element of an array."""

    def check(value: object) -> str | None:
        if not isinstance(value, list):
            return f"{value!r} is not an array"
        return next((f"[{place}]: {wrong}" for place, each in enumerate(value) if (wrong := element(each))), None)

    return check


def anything(_: object) -> str | None:
    """Accept every value."""
    return None


ID = pattern(_ID, "an identifier of 27 characters")
DATE = pattern(_DATE, "a date in UTC without trailing zeros")
NAME = pattern(_NAME, "a name")
TEXT, INTEGER, NUMBER, OBJECT = kind(str), kind(int), kind(int, float), kind(dict)
BOOLEAN, TRUE = kind(bool), one_of(True)
STATUS = one_of("created", "started", "aborted", "successful", "failed")
ROLE = one_of("user", "admin")


@dataclass(frozen=True)
class Shape:
    """The members of an object."""

    always: Mapping[str, Check]
    sometimes: Mapping[str, Check] = field(default_factory=dict)

    def __call__(self, value: object) -> str | None:
        if not isinstance(value, dict):
            return f"{value!r} is not an object"
        if missing := self.always.keys() - value.keys():
            return f"members {sorted(missing)} are missing"
        if unknown := value.keys() - self.always.keys() - self.sometimes.keys():
            return f"members {sorted(unknown)} are not in the contract"
        checks = {**self.always, **self.sometimes}
        return next((f"{name}: {wrong}" for name in value if (wrong := checks[name](value[name]))), None)

    def and_also(self, **always: Check) -> "Shape":
        """Return a shape with more members."""
        return Shape({**self.always, **always}, self.sometimes)


def page_of(element: Check) -> Check:
    """Check a page of a collection (contract http-api, section 8)."""
    rest = {"size": INTEGER, "sort": TEXT, "order": one_of("asc", "desc")}
    cursors = {"previous": Shape({"before": TEXT, **rest}), "next": Shape({"after": TEXT, **rest})}
    return Shape({"elements": array_of(element)}, cursors)


def list_of(element: Check) -> Check:
    """Check a whole list in an object."""
    return Shape({"elements": array_of(element)})


def array_of_arrays(members: Sequence[Check]) -> Check:
    """Check arrays of one length; no array at all is null."""

    def check(value: object) -> str | None:
        if not isinstance(value, list) or len(value) != len(members):
            return f"{value!r} is not an array of {len(members)}"
        return next((wrong for one, each in zip(members, value, strict=True) if (wrong := one(each))), None)

    return lambda value: None if value is None else array_of(check)(value)


# Contract http-api, section 5 and 6.
VALIDATION_ERROR = Shape({"pointer": TEXT, "code": TEXT, "message": TEXT})
ERROR = Shape({"error": TEXT, "code": TEXT}, {"data": OBJECT})

# Contract http-api, section 11.
ACCOUNT = Shape(
    {
        "id": ID,
        "creation_time": DATE,
        "username": TEXT,
        "role": ROLE,
        "settings": Shape({}, {"date_format": one_of("absolute", "relative"), "page_size": INTEGER}),
    },
    {"last_login_time": DATE, "last_project_id": ID},
)
API_KEY = Shape(
    {"id": ID, "account_id": ID, "name": TEXT, "creation_time": DATE},
    {"last_use_time": DATE, "expiration_time": DATE, "read_only": TRUE},
)
CREATED_API_KEY = Shape({"api_key": API_KEY, "key": TEXT})
PROJECT = Shape({"id": ID, "name": NAME, "creation_time": DATE, "update_time": DATE})
RUNNER = Shape({"name": TEXT, "parameters": kind(dict, type(None))}, {"identity": NAME})
FILTER = Shape(
    {"path": TEXT}, {"is_equal_to": anything, "is_not_equal_to": anything, "matches": TEXT, "does_not_match": TEXT}
)
TRIGGER = Shape(
    {"event": pattern(re.compile(r"[^/]+/.+"), "connector/event"), "parameters": OBJECT},
    {"identity": NAME, "filters": array_of(FILTER)},
)
PARAMETER = Shape(
    {"name": NAME, "type": one_of("number", "integer", "string", "boolean"), "default": anything},
    {"values": array_of(TEXT), "description": TEXT, "environment": TEXT, "secret": TRUE},
)
STEP = Shape(
    {"label": TEXT},
    {
        "code": TEXT,
        "command": Shape({"name": TEXT}, {"arguments": array_of(TEXT)}),
        "script": Shape({"path": TEXT}, {"arguments": array_of(TEXT), "content": TEXT}),
        "on_failure": one_of("abort", "continue"),
    },
)
SPECIFICATION = Shape(
    {"name": NAME, "description": TEXT, "runner": RUNNER, "steps": array_of(STEP)},
    {
        "trigger": TRIGGER,
        "parameters": array_of(PARAMETER),
        "concurrent": TRUE,
        "retention": INTEGER,
        "identities": array_of(NAME),
        "environment": OBJECT,
        "mask_secrets": one_of(False),
    },
)
JOB = Shape(
    {"id": ID, "project_id": ID, "creation_time": DATE, "update_time": DATE, "spec": SPECIFICATION}, {"disabled": TRUE}
)
JOB_EXECUTION = Shape(
    {
        "id": ID,
        "project_id": ID,
        "job_id": ID,
        "job_spec": SPECIFICATION,
        "creation_time": DATE,
        "update_time": DATE,
        "scheduled_time": DATE,
        "status": STATUS,
    },
    {
        "event_id": ID,
        "parameters": OBJECT,
        "start_time": DATE,
        "end_time": DATE,
        "refresh_time": DATE,
        "expiration_time": DATE,
        "failure_message": TEXT,
    },
)
EVENT = Shape(
    {
        "id": ID,
        "project_id": ID,
        "job_id": ID,
        "creation_time": DATE,
        "event_time": DATE,
        "connector": TEXT,
        "name": TEXT,
        "data": OBJECT,
    },
    {"processed": TRUE, "original_event_id": ID},
)
IDENTITY_SUMMARY = Shape(
    {
        "id": ID,
        "project_id": ID,
        "name": NAME,
        "status": one_of("pending", "ready", "error"),
        "creation_time": DATE,
        "update_time": DATE,
        "connector": TEXT,
        "type": TEXT,
    },
    {
        "error_message": TEXT,
        "last_use_time": DATE,
        "refresh_time": DATE,
        "last_refresh_time": DATE,
        "refresh_error": TEXT,
    },
)
IDENTITY = IDENTITY_SUMMARY.and_also(data=OBJECT)

"""Contract job-spec, sections 2 to 12 and 14: what each rule says about a specification that breaks it.

Each row is a sound job with some members replaced; the pointer is into the specification. Rows whose code is empty are
sound: they mark the border of a rule.
"""

from dataclasses import dataclass, field

LONG = "a" * 101
_TEXT = "x" * 501


@dataclass(frozen=True)
class Broken:
    """Members of a specification, and what is said about them: pointer and code, or nothing.

    `references` is what an array of specifications tells too, and a single one only once its structure is sound.
    """

    members: dict[str, object]
    pointer: str = ""
    code: str = ""
    more: tuple[tuple[str, str], ...] = field(default=())
    references: tuple[tuple[str, str], ...] = field(default=())
    why: str = ""

    @property
    def expected(self) -> list[tuple[str, str]]:
        """Return pointers and codes in order."""
        return [(self.pointer, self.code), *self.more] if self.code else []

    @property
    def name(self) -> str:
        """Return what the row is called in the output of tests."""
        said = f"{self.code} at {self.pointer or 'the whole'}" if self.code else "sound"
        return f"{said} {self.why or str(self.members)[:60]}"


@dataclass(frozen=True)
class Unreadable:
    """Members of a specification that cannot be decoded: `invalid_request_body` without `data`."""

    members: dict[str, object]

    @property
    def name(self) -> str:
        """Return what the row is called in the output of tests."""
        return str(self.members)[:70]


def parameter(**members: object) -> dict[str, object]:
    return {"parameters": [{"name": "p", "type": "string", "default": "x", **members}]}


def step(**members: object) -> dict[str, object]:
    return {"steps": [members]}


def trigger(event: str = "time/tick", **members: object) -> dict[str, object]:
    return {"trigger": {"event": event, **members}}


def timer(**parameters: object) -> dict[str, object]:
    return trigger(parameters=parameters)


def filter(**members: object) -> dict[str, object]:
    return trigger(parameters={"periodic": 60}, filters=[members])


def runner(name: str, **parameters: object) -> dict[str, object]:
    return {"runner": {"name": name, "parameters": parameters}}


_TIMER = "/trigger/parameters"
_RUNNER = "/runner/parameters"
_DEFAULT = "/parameters/0/default"
_KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIGZha2U="

TOP_LEVEL = (
    Broken({"name": ""}, "/name", "string_too_short"),
    Broken({"name": None}, "/name", "string_too_short"),
    Broken({"name": LONG}, "/name", "string_too_long"),
    Broken({"name": "Hello"}, "/name", "invalid_format"),
    Broken({"name": "A" * 101}, "/name", "string_too_long", (("/name", "invalid_format"),)),
    Broken({"description": _TEXT}, "/description", "string_too_long"),
    Broken({"description": "é" * 500}, why="500 code points of two bytes"),
    Broken({"description": None}),
    Broken({"retention": -1}, "/retention", "integer_too_small"),
    Broken({"retention": 0}),
    Broken({"retention": 10**9}, "/retention", "integer_too_large"),
    Broken({"identities": ["Wrong"]}, "/identities/0", "invalid_format",
           references=(("/identities/0", "unknown_identity"),)),
    Broken({"steps": None}, "/steps", "missing_or_null_value", why="G-12"),
    Broken({"steps": []}, "/steps", "empty_array", why="G-12"),
    Broken({"steps": [None]}, "/steps/0", "missing_or_null_value"),
    Broken({"environment": {"A=B": "x"}}, "/environment/A=B", "invalid_value", why="G-82"),
    Broken({"concurrent": None, "environment": None, "identities": None, "parameters": None, "runner": None,
            "trigger": None}, why="null counts as absent"),
    Broken({"unknown": {"member": 1}, "steps": [{"code": "true", "unknown": 1}]}, why="unknown members are ignored"),
)  # fmt: skip

STEPS = (
    Broken(step(), "/steps/0", "missing_step_content"),
    Broken(step(code=""), "/steps/0", "missing_step_content"),
    Broken(step(code="true", command={"name": "ls"}), "/steps/0", "multiple_step_contents"),
    Broken(step(code="true", label=LONG), "/steps/0/label", "string_too_long"),
    Broken(step(command={"name": ""}), "/steps/0/command/name", "missing_or_empty_string"),
    Broken(step(command={}), "/steps/0/command/name", "missing_or_empty_string"),
    Broken(step(script={"path": ""}), "/steps/0/script/path", "missing_or_empty_string"),
    Broken(step(script={"path": "run.sh"}), why="a script without content"),
    Broken(step(code="true", on_failure="ignore"), "/steps/0/on_failure", "invalid_value", why="G-17"),
    Broken(step(code="true", on_failure="continue")),
)

TRIGGERS = (
    Broken(trigger("none/tick"), "/trigger/event", "unknown_connector"),
    Broken(trigger("time/tock"), "/trigger/event", "unknown_event"),
    Broken(trigger("generic/tick"), "/trigger/event", "unknown_event"),
    Broken(trigger(), why="G-13: hourly"),
    Broken(trigger("github/push"), "/trigger/parameters/organization", "missing_or_empty_string",
           references=(("/trigger/event", "disabled_connector"),), why="G-13"),
    Broken(trigger("github/push", parameters={"organization": "exograd"}), "/trigger/event", "disabled_connector"),
    Broken(timer(), _TIMER, "invalid_value"),
    Broken(timer(hourly={}, periodic=60), _TIMER, "invalid_value"),
    Broken(timer(hourly=None, periodic=60), why="null counts as absent"),
    Broken(timer(oneshot="tomorrow"), f"{_TIMER}/oneshot", "invalid_datetime"),
    Broken(timer(oneshot="2026-01-01T00:00:00"), f"{_TIMER}/oneshot", "invalid_datetime", why="no zone"),
    Broken(timer(oneshot="2026-01-01T00:00:00Z")),
    Broken(timer(periodic=29), f"{_TIMER}/periodic", "integer_too_small"),
    Broken(timer(periodic=30)),
    Broken(timer(periodic=86400)),
    Broken(timer(periodic=86401), f"{_TIMER}/periodic", "integer_too_large"),
    Broken(timer(hourly={"minute": 60}), f"{_TIMER}/hourly/minute", "integer_too_large"),
    Broken(timer(hourly={"second": -1}), f"{_TIMER}/hourly/second", "integer_too_small"),
    Broken(timer(daily={"hour": 24}), f"{_TIMER}/daily/hour", "integer_too_large"),
    Broken(timer(weekly={"day": "Monday"}), f"{_TIMER}/weekly/day", "invalid_value"),
    Broken(timer(weekly={}), f"{_TIMER}/weekly/day", "invalid_value"),
    Broken(timer(weekly={"day": "monday", "hour": 5})),
    Broken(filter(matches="("), "/trigger/filters/0/matches", "invalid_regexp"),
    Broken(filter(does_not_match="(?=a)"), "/trigger/filters/0/does_not_match", "invalid_regexp"),
    Broken(filter(matches="", is_equal_to=None), why="empty and null predicates are absent"),
    Broken(trigger(parameters={"periodic": 60}, filters=[None]), "/trigger/filters/0", "missing_or_null_value"),
    Broken(trigger(parameters={"periodic": 60}, identity="Wrong"), "/trigger/identity", "invalid_format",
           references=(("/trigger/identity", "unknown_identity"),)),
)  # fmt: skip

PARAMETERS = (
    Broken(parameter(name=""), "/parameters/0/name", "string_too_short"),
    Broken(parameter(name="A"), "/parameters/0/name", "invalid_format"),
    Broken(parameter(type="text"), "/parameters/0/type", "invalid_value"),
    Broken(parameter(type=None), "/parameters/0/type", "invalid_value"),
    Broken(parameter(type="integer", values=["1"], default=1), "/parameters/0/values", "unexpected_value"),
    Broken(parameter(type="integer", default=1.0), _DEFAULT, "invalid_type", why="a fraction is no integer"),
    Broken(parameter(type="integer", default="1"), _DEFAULT, "invalid_type"),
    Broken(parameter(type="integer", default=2**63), _DEFAULT, "invalid_type"),
    Broken(parameter(type="integer", default=2**63 - 1)),
    Broken(parameter(type="number", default="1"), _DEFAULT, "invalid_type"),
    Broken(parameter(type="number", default=True), _DEFAULT, "invalid_type"),
    Broken(parameter(type="number", default=1.5)),
    Broken(parameter(type="boolean", default=0), _DEFAULT, "invalid_type"),
    Broken(parameter(default=1), _DEFAULT, "invalid_type"),
    Broken(parameter(values=["a", "b"], default="c"), _DEFAULT, "invalid_value"),
    Broken(parameter(values=["a", "b"], default="a")),
    Broken(parameter(default=None), why="mandatory"),
    Broken({"parameters": [None]}, "/parameters/0", "missing_or_null_value"),
    Broken({"parameters": [{"name": "p", "type": "string"}] * 2}, "/parameters/1/name", "duplicate_parameter",
           why="G-82"),
    Broken(parameter(environment="A=B"), "/parameters/0/environment", "invalid_value", why="G-82"),
    Broken({**parameter(default=None), **trigger()}, "/trigger", "invalid_trigger_with_mandatory_parameters"),
)  # fmt: skip

RUNNERS = (
    Broken(runner("none"), "/runner/name", "invalid_value"),
    Broken(runner("kubernetes", image="alpine"), "/runner/name", "invalid_value", why="G-08: not allowed here"),
    Broken({"runner": {"name": "local"}}),
    Broken({"runner": {"name": "local", "parameters": None}}),
    Broken({"runner": {"name": "local", "identity": "Wrong"}}, "/runner/identity", "invalid_format",
           references=(("/runner/identity", "unknown_identity"),)),
    Broken(runner("docker"), f"{_RUNNER}/image", "missing_or_empty_string"),
    Broken(runner("docker", image="UPPER"), f"{_RUNNER}/image", "invalid_string_format", why="G-82"),
    Broken(runner("docker", image="alpine:3.20", cpu_limit=0.05), f"{_RUNNER}/cpu_limit", "float_too_small"),
    Broken(runner("docker", image="alpine", cpu_limit=1024.5), f"{_RUNNER}/cpu_limit", "float_too_large"),
    Broken(runner("docker", image="alpine", memory_limit=9), f"{_RUNNER}/memory_limit", "integer_too_small"),
    Broken(runner("docker", image="alpine", memory_limit=10**8), f"{_RUNNER}/memory_limit", "integer_too_large"),
    Broken(runner("docker", image="alpine", cpu_limit=0, memory_limit=0)),
    Broken(runner("ssh"), f"{_RUNNER}/host", "missing_or_empty_string"),
    Broken(runner("ssh", host="h", port=0), f"{_RUNNER}/port", "integer_too_small"),
    Broken(runner("ssh", host="h", port=65536), f"{_RUNNER}/port", "integer_too_large"),
    Broken(runner("ssh", host="h", user=""), f"{_RUNNER}/user", "missing_or_empty_string"),
    Broken(runner("ssh", host="h", host_key=_KEY), f"{_RUNNER}/host_key", "invalid_value"),
    Broken(runner("ssh", host="h", host_key=_KEY, host_key_algorithm="rsa"), f"{_RUNNER}/host_key_algorithm",
           "invalid_value"),
    Broken(runner("ssh", host="h", host_key_algorithm="ssh-ed25519")),
)  # fmt: skip

# The stage of these has the identities `ready`, `pending` and `error`.
REFERENCES = (
    Broken({"identities": ["ready"]}),
    Broken({"identities": ["ready", "none"]}, "/identities/1", "unknown_identity"),
    Broken({"identities": ["ready", "pending"]}, "/identities/1", "pending_identity"),
    Broken({"identities": ["ready", "error"]}, "/identities/1", "malfunctioning_identity"),
    Broken(trigger(identity="none"), "/trigger/identity", "unknown_identity"),
    Broken(trigger(identity="pending"), "/trigger/identity", "pending_identity"),
    Broken(trigger(identity="error"), "/trigger/identity", "malfunctioning_identity"),
    Broken({"runner": {"name": "local", "identity": "none"}}, "/runner/identity", "unknown_identity"),
    Broken({"runner": {"name": "local", "identity": "pending"}}, "/runner/identity", "pending_identity"),
    Broken({"runner": {"name": "local", "identity": "error"}}, "/runner/identity", "malfunctioning_identity"),
    Broken({"runner": {"name": "ssh", "parameters": {"host": "h"}, "identity": "ready"}}, "/runner/identity",
           "invalid_identity_type", why="G-82"),
)  # fmt: skip

BROKEN = (*TOP_LEVEL, *STEPS, *TRIGGERS, *PARAMETERS, *RUNNERS)

UNREADABLE = (
    Unreadable({"name": 1}),
    Unreadable({"steps": {}}),
    Unreadable({"steps": ["true"]}),
    Unreadable({"concurrent": "yes"}),
    Unreadable({"retention": 1.5}),
    Unreadable({"environment": {"A": 1}}),
    Unreadable(trigger("tick")),
    Unreadable(trigger("/tick")),
    Unreadable(trigger("time/")),
    Unreadable({"trigger": {}}),
    Unreadable(filter(path="no-slash")),
    Unreadable(timer(periodic="60")),
    Unreadable(runner("local", unknown=1)),
    Unreadable(runner("docker", image="alpine", unknown=1)),
    Unreadable(runner("docker", image=1)),
    Unreadable(runner("ssh", host="h", host_key="not base64!", host_key_algorithm="ssh-ed25519")),
)

# Contract job-spec, section 14, and what this server checks beyond it (G-82).
CODES = {
    "string_too_short",
    "string_too_long",
    "invalid_format",
    "missing_or_empty_string",
    "missing_or_null_value",
    "invalid_value",
    "integer_too_small",
    "integer_too_large",
    "float_too_small",
    "float_too_large",
    "unexpected_value",
    "invalid_type",
    "invalid_regexp",
    "invalid_datetime",
    "unknown_connector",
    "unknown_event",
    "disabled_connector",
    "unknown_identity",
    "pending_identity",
    "malfunctioning_identity",
    "invalid_trigger_with_mandatory_parameters",
    "missing_step_content",
    "multiple_step_contents",
    "empty_array",
    "duplicate_parameter",
    "invalid_identity_type",
    "invalid_string_format",
}

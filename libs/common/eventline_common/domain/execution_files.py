"""The files and variables that a job sees at run time (handbook 5.6, contract execution, sections 11 to 13)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from eventline_common.domain.job_spec.model import Step
from eventline_common.domain.parameters import text_of

_SHEBANG = re.compile(r"#!\s*\S", re.ASCII)
_HEADER_SHEBANG = re.compile(r"#!\s*\S+(?:\s+\S+)?", re.ASCII)

# What a file system takes: bytes of a name, and of a path below the execution directory.
_LONGEST_NAME = 255
_LONGEST_PATH = 3000
_DEEPEST = 64
# Names that cannot stand as they are, or that could be taken for the encoding of such a name.
_TO_ENCODE = re.compile(r"^\.{0,2}$|[/\0]|%2F|%00|%25|^%$|^(?:%2E){1,2}$")


@dataclass(frozen=True, slots=True)
class ExecutionFile:
    """A file below the execution directory; programs are executable."""

    content: bytes
    executable: bool = False


def starts_with_shebang(text: str) -> bool:
    """Tell whether a program says by itself what interprets it (contract job-spec, section 9)."""
    return _SHEBANG.match(text) is not None


def is_valid_code_header(header: str) -> bool:
    """Tell whether a code header starts with a shebang that has at most one argument."""
    first = header.split("\n", 1)[0].rstrip()
    return _HEADER_SHEBANG.fullmatch(first) is not None


def program_text(step: Step, code_header: str) -> str | None:
    """Return the program of a code or script step, with the header if it has no shebang; None for a command.

    A header whose last line has no end gets one, so that the program starts on a line of its own.
    """
    if step.command is not None:
        return None
    text = step.script.content if step.script is not None else step.code
    if starts_with_shebang(text):
        return text
    return (code_header if code_header.endswith("\n") or not code_header else code_header + "\n") + text


def program_files(steps: Sequence[Step], code_header: str) -> Iterator[tuple[str, ExecutionFile]]:
    """Yield `steps/<n>` for each code and script step."""
    for position, step in enumerate(steps, 1):
        text = program_text(step, code_header)
        if text is not None:
            yield f"steps/{position}", ExecutionFile(text.encode(errors="surrogatepass"), executable=True)


def value_files(root: str, value: object, *, depth: int = 0) -> Iterator[tuple[str, ExecutionFile]]:
    """Yield a file for each leaf of a JSON value; objects and arrays are directories.

    Nothing is written elsewhere, and no two members share a file: see `file_name`. What lies deeper than 64 levels, or
    would have a path that file systems refuse, is only in `context.json`.
    """
    members = _members(value)
    if members is None:
        if len(root.encode(errors="surrogatepass")) <= _LONGEST_PATH:
            yield root, ExecutionFile(text_of(value).encode(errors="surrogatepass"))
    elif depth < _DEEPEST:
        for name, member in members:
            yield from value_files(f"{root}/{file_name(name)}", member, depth=depth + 1)


def _members(value: object) -> list[tuple[str, object]] | None:
    if isinstance(value, Mapping):
        return [(str(name), member) for name, member in value.items()]
    if isinstance(value, list | tuple):
        return [(str(position), member) for position, member in enumerate(value)]
    return None


def file_name(member: str) -> str:
    """Return the name of the file of a member: the member's name, unless a file cannot have it.

    `/` and NUL become `%2F` and `%00`, `.` and `..` become `%2E` and `%2E%2E`, an empty name becomes `%`. A `%` becomes
    `%25` in these names and in those that look like one of them, so that different members have different files. Names
    of more than 255 bytes are cut, and end with a hash of the whole.
    """
    name = _encoded(member) if _TO_ENCODE.search(member) else member
    raw = name.encode(errors="surrogatepass")
    if len(raw) <= _LONGEST_NAME:
        return name
    digest = sha256(raw).hexdigest()[:16]
    return f"{raw[: _LONGEST_NAME - 17].decode(errors='ignore')}~{digest}"


def _encoded(name: str) -> str:
    if name in {".", ".."}:
        return name.replace(".", "%2E")
    return name.replace("%", "%25").replace("/", "%2F").replace("\0", "%00") or "%"


def execution_files(
    *,
    steps: Sequence[Step],
    code_header: str,
    event: Mapping[str, Any] | None,
    parameters: Mapping[str, object] | None,
    identities: Mapping[str, Mapping[str, Any]],
) -> dict[str, ExecutionFile]:
    """Return every file of an execution by its path below the execution directory.

    `event` and the values of `identities` are objects as the API represents them, with their `data`.
    """
    found = {"context.json": ExecutionFile(context_json(event, parameters, identities))}
    found.update(program_files(steps, code_header))
    for name, value in (parameters or {}).items():
        found.update(value_files(f"parameters/{file_name(name)}", value))
    if event is not None:
        found.update(value_files("event", event["data"]))
    for name, identity in identities.items():
        found.update(value_files(f"identities/{file_name(name)}", identity["data"]))
    return found


def context_json(
    event: Mapping[str, Any] | None,
    parameters: Mapping[str, object] | None,
    identities: Mapping[str, Mapping[str, Any]],
) -> bytes:
    """Return `context.json` (contract execution, section 12)."""
    members = {"event": event, "parameters": parameters, "identities": identities}
    text = orjson.dumps(
        {name: value for name, value in members.items() if value},
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
    )
    return text.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")


def execution_environment(
    *,
    project_id: str,
    project_name: str,
    job_id: str,
    job_name: str,
    execution_id: str,
    attempt: int,
    identities: Sequence[Mapping[str, str]],
    job_environment: Mapping[str, str],
    parameters: Mapping[str, str],
) -> dict[str, str]:
    """Return the variables of an execution in their precedence; the runner adds `EVENTLINE_DIR` and `HOME`."""
    found = {
        "EVENTLINE": "true",
        "EVENTLINE_PROJECT_ID": project_id,
        "EVENTLINE_PROJECT_NAME": project_name,
        "EVENTLINE_JOB_ID": job_id,
        "EVENTLINE_JOB_NAME": job_name,
        "EVENTLINE_JOB_EXECUTION_ID": execution_id,
        "EVENTLINE_JOB_EXECUTION_ATTEMPT": str(attempt),
    }
    for variables in (*identities, job_environment, parameters):
        found.update(variables)
    return found

"""Job files: which ones a command line means, and how a file becomes a specification (contract job-spec, 1 and 8)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from evcli.errors import EvcliError
from evcli.yaml_reader import LARGEST_DOCUMENT, InvalidYaml, read_yaml

EXTENSIONS: Final = frozenset({".yml", ".yaml"})
JOB_MEMBERS: Final = frozenset(
    {
        "name", "description", "trigger", "parameters", "runner", "concurrent", "retention", "identities",
        "environment", "steps",
    }
)  # fmt: skip
STEP_MEMBERS: Final = frozenset({"label", "code", "command", "script", "on_failure"})
COMMAND_MEMBERS: Final = frozenset({"name", "arguments"})
SCRIPT_MEMBERS: Final = frozenset({"path", "arguments", "content"})


@dataclass(frozen=True)
class JobFile:
    """A job file and the specification in it, script contents included."""

    path: Path
    specification: dict[str, Any]


def find_job_files(paths: Iterable[str], *, recursive: bool) -> list[Path]:
    """Return the files that arguments mean: a file is itself, a directory its YAML files sorted by name."""
    found: list[Path] = []
    for text in paths:
        path = Path(text)
        found.extend(_files_in(path, recursive=recursive) if path.is_dir() else [path])
    return found


def load_job_file(path: Path) -> JobFile:
    """Read a job file and the scripts that its steps name; raise EvcliError with the place of what is wrong."""
    try:
        document = read_yaml(read_text_file(path))
    except InvalidYaml as error:
        raise EvcliError(f'cannot decode job file "{path}": {error}') from error
    specification = {} if document is None else document
    if not isinstance(specification, dict):
        raise EvcliError(f'cannot decode job file "{path}": a job specification must be an object')
    _refuse_unknown(path, "", specification, JOB_MEMBERS)
    if isinstance(specification.get("steps"), list):
        steps = [_load_step(path, index, step) for index, step in enumerate(specification["steps"])]
        specification = {**specification, "steps": steps}
    return JobFile(path, specification)


def check_job_name(file: JobFile) -> str:
    """Return the name of the job, which a single deployment needs for its address."""
    name = file.specification.get("name")
    if not isinstance(name, str) or not name:
        raise EvcliError(f"{file.path}: /name: missing or empty job name")
    return name


def read_text_file(path: Path) -> str:
    """Return the text of a file within the limit; raise EvcliError if it cannot be read or is no UTF-8."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_DOCUMENT + 1)
    except OSError as error:
        raise EvcliError(f'cannot read file "{path}": {error.strerror}') from error
    if len(content) > LARGEST_DOCUMENT:
        raise EvcliError(f'file "{path}" is larger than {LARGEST_DOCUMENT} bytes')
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvcliError(f'file "{path}" is not encoded in UTF-8') from error


def _files_in(directory: Path, *, recursive: bool) -> Iterable[Path]:
    try:
        entries = sorted(directory.iterdir())
    except OSError as error:
        raise EvcliError(f'cannot list directory "{directory}": {error.strerror}') from error
    for entry in entries:
        if entry.is_dir():
            # A link to a directory above would never end.
            if recursive and not entry.is_symlink():
                yield from _files_in(entry, recursive=True)
        elif entry.suffix in EXTENSIONS:
            yield entry


def _load_step(path: Path, index: int, step: Any) -> Any:
    if not isinstance(step, dict):
        return step
    pointer = f"/steps/{index}"
    _refuse_unknown(path, pointer, step, STEP_MEMBERS)
    if isinstance(step.get("command"), dict):
        _refuse_unknown(path, f"{pointer}/command", step["command"], COMMAND_MEMBERS)
    script = step.get("script")
    if not isinstance(script, dict):
        return step
    _refuse_unknown(path, f"{pointer}/script", script, SCRIPT_MEMBERS)
    if not isinstance(script.get("path"), str) or not script["path"]:
        return step
    content = read_text_file(path.parent / script["path"].lstrip("/"))
    return {**step, "script": {**script, "content": content}}


def _refuse_unknown(path: Path, pointer: str, members: dict[str, Any], known: frozenset[str]) -> None:
    unknown: Sequence[str] = [name for name in members if name not in known]
    if unknown:
        place = f"at {pointer}" if pointer else "at the top level"
        raise EvcliError(
            f'cannot decode job file "{path}": unknown member {json.dumps(unknown[0], ensure_ascii=False)} {place}; '
            f"members: {', '.join(sorted(known))}"
        )

"""Exports: a job as a file, its scripts beside it, nothing outside the directory (contract job-spec, 8; G-18)."""

import contextlib
import os
from pathlib import Path, PurePosixPath
from typing import Any

from evcli.errors import EvcliError
from evcli.yaml_writer import dump_yaml

JOB_FILE_MODE = 0o600
SCRIPT_MODE = 0o700


def export_job(specification: dict[str, Any], directory: Path) -> Path:
    """Write the job file and its scripts, once all their places are checked, and return the path of the former."""
    scripts: list[tuple[Path, str]] = []
    steps = [_extract_script(step, directory, scripts) for step in specification.get("steps") or ()]
    exported = {**specification, "steps": steps} if steps else dict(specification)
    target = _inside(directory, f"{specification['name']}.yaml")
    for path, content in scripts:
        _write(directory, path, content, SCRIPT_MODE)
    _write(directory, target, dump_yaml(exported), JOB_FILE_MODE)
    return target


def _extract_script(step: Any, directory: Path, scripts: list[tuple[Path, str]]) -> Any:
    script = step.get("script") if isinstance(step, dict) else None
    if not isinstance(script, dict) or not script.get("path"):
        return step
    path = _inside(directory, script["path"])
    content = script.get("content") or ""
    if any(known == path and other != content for known, other in scripts):
        raise EvcliError(f'two steps have different scripts with the path "{script["path"]}"')
    scripts.append((path, content))
    return {**step, "script": {name: value for name, value in script.items() if name != "content"}}


def _inside(directory: Path, name: str) -> Path:
    parts = [part for part in PurePosixPath(name).parts if part != "/"]
    if not parts or ".." in parts or "\x00" in name:
        raise EvcliError(f'cannot export "{name}": the path does not lead to a file inside the directory "{directory}"')
    return directory.joinpath(*parts)


def _write(directory: Path, path: Path, content: str, mode: int) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # A symbolic link among the directories may lead elsewhere.
        if not path.parent.resolve().is_relative_to(directory.resolve()):
            raise EvcliError(f'cannot write "{path}": it is outside of the directory "{directory}"')
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode(errors="replace"))
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise EvcliError(f'cannot write "{path}": {error.strerror}') from error

"""`eventline support-bundle`: what helps others to understand an installation, without anything secret."""

import http.client
import io
import json
import os
import platform
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib.metadata import distributions, version
from pathlib import Path

from eventline_common.settings import Settings, SettingsError, load_settings
from eventline_standalone.administration import store
from eventline_standalone.administration.check import findings
from eventline_standalone.administration.connection import in_transaction, reason
from eventline_standalone.errors import StandaloneError
from eventline_standalone.terminal import Terminal

HIDDEN = "(hidden)"
# The end of each log; what is older rarely helps.
LOG_BYTES = 256 * 1024
_DEADLINE = 5.0


def write_support_bundle(
    cfg_file: Path | None,
    logs: Path | None,
    output: Path,
    terminal: Terminal,
    environment: Mapping[str, str] = os.environ,
) -> int:
    """Write a compressed archive to `output`, which must not exist; return 0."""
    contents = dict(_contents(cfg_file, logs, environment))
    try:
        with tarfile.open(output, "x:gz") as archive:
            for name, content in contents.items():
                member = tarfile.TarInfo(f"eventline-support/{name}")
                member.size, member.mode, member.mtime = len(content), 0o600, int(time.time())
                archive.addfile(member, io.BytesIO(content))
    except OSError as error:
        raise StandaloneError(f"cannot write {output}: {error.strerror or error}") from error
    terminal.say(f"{output} holds {len(contents)} files: {', '.join(sorted(contents))}")
    terminal.say("look at them before you send them to anybody: logs may name jobs, hosts and people")
    return 0


def _contents(cfg_file: Path | None, logs: Path | None, environment: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    yield "machine.json", _json(describe_machine())
    found = [
        {"level": each.level.value, "part": each.part, "text": each.text} for each in findings(cfg_file, environment)
    ]
    yield "check.json", _json(found)
    try:
        settings = load_settings(cfg_file, environment)
    except SettingsError:
        return  # what is wrong is in check.json
    yield "settings.json", _json(shown_settings(settings))
    yield "database.json", _json(_describe_database(settings))
    for name, text in _metrics(settings):
        yield f"metrics/{name}.txt", text
    for path in sorted(logs.rglob("*.log")) if logs is not None else ():
        yield f"logs/{path.relative_to(logs)}" if logs else path.name, _end_of(path)


def describe_machine() -> Mapping[str, object]:
    """Say what runs where."""
    return {
        "eventline": version("eventline"),
        "python": sys.version,
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "packages": {each.metadata["Name"]: each.version for each in distributions()},
    }


def shown_settings(settings: object) -> object:
    """Return settings as JSON; what must not be shown in `repr` is not shown here either."""
    if is_dataclass(settings) and not isinstance(settings, type):
        return {
            field.name: shown_settings(getattr(settings, field.name))
            if field.repr
            else _hidden(getattr(settings, field.name))
            for field in fields(settings)
        }
    if isinstance(settings, Mapping):
        return {str(name): shown_settings(value) for name, value in settings.items()}
    if isinstance(settings, list | tuple):
        return [shown_settings(value) for value in settings]
    return settings if isinstance(settings, str | int | float | None) else str(settings)


def _hidden(value: object) -> object:
    return HIDDEN if value else value if isinstance(value, str) else None


def _describe_database(settings: Settings) -> object:
    try:
        return in_transaction(settings.pg, store.summarize)
    except StandaloneError as error:
        return {"error": str(error)}


def _metrics(settings: Settings) -> Iterator[tuple[str, bytes]]:
    for field in fields(settings.monitoring):
        address = getattr(settings.monitoring, field.name)
        if address:
            yield field.name, _fetch(address)


def _fetch(address: str) -> bytes:
    connection = http.client.HTTPConnection(address, timeout=_DEADLINE)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        return f"cannot be read from {address}: {reason(error)}\n".encode()
    finally:
        connection.close()


def _end_of(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LOG_BYTES))
        return file.read(LOG_BYTES)


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2, default=str).encode() + b"\n"

"""The configuration file (contract evcli, section 5): where it is, what is in it, who may read it."""

import contextlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evcli.errors import EvcliError

DEFAULT_ENDPOINT = "http://localhost:8085"
MASK = "********"


@dataclass(frozen=True)
class Configuration:
    """The entries of the configuration file; their defaults are those of a new file."""

    endpoint: str = DEFAULT_ENDPOINT
    key: str = ""
    color: bool = True
    disable_update_check: bool = False
    release_uri: str = ""

    def to_object(self) -> dict[str, dict[str, object]]:
        """Return what is written to the file: the three objects always, empty strings never."""
        api = {"endpoint": self.endpoint, "key": self.key}
        misc = {"disable_update_check": self.disable_update_check, "release_uri": self.release_uri}
        return {
            "interface": {"color": self.color},
            "api": {name: value for name, value in api.items() if value},
            "misc": {name: value for name, value in misc.items() if value},
        }

    def masked(self) -> "Configuration":
        """Return the configuration without its secret, for the eyes of people (G-94)."""
        return replace(self, key=MASK) if self.key else self


# Entry names as users write them, with the attributes that hold them.
ENTRIES: Mapping[str, str] = {
    "api.endpoint": "endpoint",
    "api.key": "key",
    "interface.color": "color",
    "misc.disable_update_check": "disable_update_check",
    "misc.release_uri": "release_uri",
}
# Entries that the original does not know are listed only where they are set.
EXTENSIONS = frozenset({"misc.release_uri"})


def get_entry(configuration: Configuration, name: str) -> str:
    """Return the text of an entry; raise EvcliError for an unknown one."""
    value = getattr(configuration, _attribute(name))
    return str(value).lower() if isinstance(value, bool) else str(value)


def set_entry(configuration: Configuration, name: str, text: str) -> Configuration:
    """Return the configuration with another value of an entry; strings are taken as they are."""
    attribute = _attribute(name)
    value: Any = text
    if isinstance(getattr(configuration, attribute), bool):
        word = text.strip().lower()
        if word not in {"true", "false"}:
            raise EvcliError(f'invalid value "{text}" for configuration entry "{name}": it must be true or false')
        value = word == "true"
    return replace(configuration, **{attribute: value})


def list_entries(configuration: Configuration) -> list[tuple[str, str]]:
    """Return names and values of the entries, sorted by name."""
    entries = [(name, get_entry(configuration, name)) for name in ENTRIES]
    return [(name, value) for name, value in entries if value or name not in EXTENSIONS]


def configuration_path(environment: Mapping[str, str]) -> Path | None:
    """Return where the configuration file is, or None if the environment does not say."""
    path = environment.get("EVCLI_CONFIG_PATH")
    if path:
        return Path(path)
    directory = state_directory(environment)
    return directory / "config.json" if directory else None


def state_directory(environment: Mapping[str, str]) -> Path | None:
    """Return `$HOME/.evcli`, or None without a home."""
    home = environment.get("HOME")
    return Path(home) / ".evcli" if home else None


def load_configuration(path: Path) -> Configuration | None:
    """Read the file; None if there is none. Raise EvcliError if others can read it or if it makes no sense."""
    try:
        mode = path.stat().st_mode
        if mode & stat.S_IROTH:
            raise EvcliError(f'configuration file "{path}" must not be world readable; run "chmod 0600 {path}"')
        if mode & stat.S_IRGRP:
            raise EvcliError(f'configuration file "{path}" must not be group readable; run "chmod 0600 {path}"')
        document = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise EvcliError(f'cannot read configuration file "{path}": {error.strerror}') from error
    except ValueError as error:
        raise EvcliError(f'cannot decode configuration file "{path}": {error}') from error
    return _decode(document, path)


def save_configuration(configuration: Configuration, path: Path) -> None:
    """Write the file, readable by its owner only, in one piece; its directory is created if needed."""
    content = json.dumps(configuration.to_object(), indent=2, ensure_ascii=False) + "\n"
    try:
        write_private_file(path, content)
    except OSError as error:
        raise EvcliError(f'cannot write configuration file "{path}": {error.strerror}') from error


def write_private_file(path: Path, content: str) -> None:
    """Replace a file by one with mode 0600; a directory that is missing is created with mode 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The file that a symbolic link points to is replaced, not the link.
    target = path.resolve()
    temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        temporary.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _attribute(name: str) -> str:
    if name not in ENTRIES:
        raise EvcliError(f'unknown configuration entry "{name}"; entries: {", ".join(sorted(ENTRIES))}')
    return ENTRIES[name]


def _decode(document: Any, path: Path) -> Configuration:
    if not isinstance(document, dict):
        raise EvcliError(f'cannot decode configuration file "{path}": it must be a JSON object')
    configuration = Configuration()
    for name, attribute in ENTRIES.items():
        section, _, member = name.partition(".")
        members = document.get(section)
        if members is not None and not isinstance(members, dict):
            raise EvcliError(f'invalid configuration file "{path}": "{section}" must be an object')
        value = (members or {}).get(member)
        if value is None:
            continue
        expected = type(getattr(configuration, attribute))
        if not isinstance(value, expected):
            kind = "a boolean" if expected is bool else "a string"
            raise EvcliError(f'invalid configuration file "{path}": "{name}" must be {kind}')
        configuration = replace(configuration, **{attribute: value})
    return configuration

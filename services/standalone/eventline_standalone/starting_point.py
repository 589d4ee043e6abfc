"""Reads the user's configuration file as a plain document, before `eventline up` adds what it decides."""

from collections.abc import Mapping
from pathlib import Path

from eventline_common.settings.document import read_document


def read_starting_point(path: Path | None, environment: Mapping[str, str]) -> Mapping[str, object]:
    """Render and parse the file; give an empty document when there is none. Raises SettingsError."""
    return read_document(path, environment) if path is not None else {}
